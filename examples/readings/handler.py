"""Takes readings of thermometers from a Kinesis stream: the function of `Readings` in app.py."""

import json

from redrive import KinesisRecord, Permanent, kinesis_handler


@kinesis_handler
def handler(record: KinesisRecord[bytes]) -> None:
    """Take one reading. Those behind it in the shard wait until it is done, or set aside."""
    reading = record.json()  # what is no JSON is set aside: it will not be JSON next time either
    if reading["celsius"] < -273.15:
        raise Permanent("colder than anything can be")  # set aside with this reason, and the shard goes on
    print(json.dumps({"taken": reading["id"], "sensor": record.partition_key}))
