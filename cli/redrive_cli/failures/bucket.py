"""Reads failures out of the objects of a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

from redrive_cli.aws import Aws, pages
from redrive_cli.errors import Exit, Problem, code_of
from redrive_cli.failures.found import Found
from redrive_cli.failures.listed import ListedReader
from redrive_cli.failures.reader import WRITTEN_AGAIN
from redrive_cli.failures.reading import in_object
from redrive_cli.places.place import BucketPlace

# For each of several threads that may read at the same time.
_THREADS = 4
# S3 keeps larger objects than a failure can be: a record has the payload of one invocation, as text in text.
_LARGEST = 64 * 1024 * 1024


class BucketReader(ListedReader[Mapping[str, Any]]):
    """Reads a prefix of a bucket; see `Reader`. Looking changes nothing.

    Args:
        aws: The account.
        place: The bucket and the prefix.
    """

    def __init__(self, aws: Aws, place: BucketPlace) -> None:
        self._s3 = aws.client("s3")
        self._place = place
        # Digests of what was taken, so that `again` leaves it out.
        self._taken: set[bytes] = set()
        super().__init__()

    def delete(self, several: Sequence[Found]) -> Mapping[str, str]:
        """Delete objects, and return the errors of those that were not deleted, by key."""
        errors: dict[str, str] = {}
        for each in several:
            try:
                if self._is_written_again(each):
                    errors[each.key] = WRITTEN_AGAIN
                else:
                    self._s3.delete_object(Bucket=self._place.bucket, Key=each.key)
            except Exception as error:
                errors[each.key] = str(error)
        return errors

    def _is_written_again(self, found: Found) -> bool:
        try:
            tag: str = self._s3.head_object(Bucket=self._place.bucket, Key=found.key)["ETag"]
        except Exception as error:
            if code_of(error) in ("404", "NoSuchKey", "NotFound"):  # deleted in the meantime
                return False
            raise
        return tag != found.handle

    def again(self) -> None:
        """List once more: what is new, and what was written again."""
        with self._lock:
            self._entries = (each for each in self._listed() if _digest(each) not in self._taken)
            self._exhausted = False

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        bucket, prefix = self._place.bucket, self._place.prefix
        try:
            listed = pages(
                self._s3.list_objects_v2, "NextContinuationToken", "ContinuationToken", Bucket=bucket, Prefix=prefix
            )
            for page in listed:
                yield from page.get("Contents") or ()
        except Exception as error:
            if code_of(error) != "NoSuchBucket":
                raise
            raise Problem(f"there is no bucket {bucket}: look at the name and --profile", Exit.SERVICE) from error

    def _found(self, taken: Sequence[Mapping[str, Any]]) -> Sequence[Found]:
        self._taken.update(map(_digest, taken))
        with ThreadPoolExecutor(_THREADS) as threads:
            return [each for each in threads.map(self._read, taken) if each is not None]

    def _read(self, listed: Mapping[str, Any]) -> Found | None:
        key, modified = listed["Key"], listed.get("LastModified")
        if listed.get("Size", 0) > _LARGEST:
            why = f"an object of {listed['Size']:,} bytes is no failure"
            return Found(place=self._place, key=key, failure=None, why_not=why, raw={"Content": ""})
        try:
            got = self._s3.get_object(Bucket=self._place.bucket, Key=key)
            content: bytes = got["Body"].read()
        except Exception as error:
            if code_of(error) == "NoSuchKey":  # deleted in the meantime
                return None
            raise
        return in_object(key, content, modified, self._place, got["ETag"])


def _digest(listed: Mapping[str, Any]) -> bytes:
    """Return what identifies an object and its content in little memory."""
    return blake2b(f"{listed['Key']} {listed.get('ETag')}".encode(), digest_size=16).digest()
