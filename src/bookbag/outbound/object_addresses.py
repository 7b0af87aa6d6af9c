"""The address of a bucket: ``s3://bucket/prefix?endpoint=…&region=…``."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """Where a bucket is, for this server and for browsers."""

    bucket: str
    prefix: str
    region: str
    endpoint: str
    """The store's address for this server."""
    browser_endpoint: str
    """The store's address for browsers."""

    @property
    def browser_origin(self) -> str:
        """What a browser calls the store: scheme, host and port."""
        parts = urlsplit(self.browser_endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def parse_bucket_address(url: str) -> BucketAddress:
    """Return the parts of a bucket's address; what is left out is Amazon's own."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    region = query.get("region", DEFAULT_REGION)
    endpoint = query.get("endpoint", f"https://s3.{region}.amazonaws.com")
    return BucketAddress(
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        region=region,
        endpoint=endpoint,
        browser_endpoint=query.get("browser_endpoint", endpoint),
    )
