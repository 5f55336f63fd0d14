"""Reads failures out of the objects of a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from redrive_cli.aws import Aws, pages
from redrive_cli.errors import Exit, Problem, code_of
from redrive_cli.failures.found import Found
from redrive_cli.failures.reader import MOST, WRITTEN_AGAIN, Counts
from redrive_cli.failures.reading import in_object
from redrive_cli.places.place import BucketPlace

# For each of several threads that may read at the same time.
_THREADS = 4
# S3 keeps larger objects than a failure can be: a record has the payload of one invocation, as text in text.
_LARGEST = 64 * 1024 * 1024


class BucketReader:
    """Reads a prefix of a bucket; see `Reader`. Looking changes nothing.

    Args:
        aws: The account.
        place: The bucket and the prefix.
    """

    def __init__(self, aws: Aws, place: BucketPlace) -> None:
        self._s3 = aws.client("s3")
        self._place = place
        self._lock = Lock()
        self._objects = self._listed()
        self._exhausted = False

    @property
    def exhausted(self) -> bool:
        """True if all objects were taken."""
        return self._exhausted

    @property
    def note(self) -> str:
        """Nothing."""
        return ""

    def counts(self) -> Counts:
        """Return the number of objects."""
        return Counts(total=sum(1 for _ in self._listed()))

    def take(self, most: int = MOST) -> Sequence[Found]:
        """Return the next objects."""
        with self._lock:
            taken: list[Mapping[str, Any]] = []
            for each in self._objects:
                taken.append(each)
                if len(taken) == most:
                    break
            else:
                self._exhausted = True
        with ThreadPoolExecutor(_THREADS) as threads:
            return [each for each in threads.map(self._read, taken) if each is not None]

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

    def keep(self, several: Sequence[Found], seconds: int) -> None:
        """Do nothing: an object is never hidden."""

    def close(self) -> None:
        """Do nothing: an object is never hidden."""

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
