#!/usr/bin/env bash
# versitygw 1.8.0: a copy overwrites what If-None-Match protects, and a source that is not wanted answers 304.
#
# Expected: CopyObject with If-None-Match: * answers 412 where an object of the key is there; so does one whose
#   x-amz-copy-source-if-none-match is the ETag of the source. PutObject with If-None-Match: * is refused by the same server.
# What happens: the first copy is done, 200, and the old content is gone; the second is answered with 304 and no document.
# Why it matters: the object is lost without an error; and clients read 304 of a copy as a success of another kind, or
#   as an error without a code.
# Source: S3 API Reference, "CopyObject": If-None-Match "Copies the object only if the object key name at the destination does
#   not already exist in the bucket specified. Otherwise, Amazon S3 returns a 412 Precondition Failed error";
#   x-amz-copy-source-if-none-match: "returns the 412 Precondition Failed response code".
#   https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
#
# Needs Go, Python 3.11 and curl. Exits with 1 if the server behaves otherwise.
set -euo pipefail

version=v1.8.0 boto3=1.44.8
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT

GOBIN="$dir" go install "github.com/versity/versitygw/cmd/versitygw@$version"
mkdir "$dir/data"
port=$((20000 + RANDOM % 20000))
"$dir/versitygw" --access finding --secret finding-secret --port "127.0.0.1:$port" --quiet posix --sidecar "$dir/side" "$dir/data" > "$dir/log" 2>&1 &
server=$!

mkdir -p "$dir/side"
for _ in $(seq 100); do
  curl -sS "http://127.0.0.1:$port/" > /dev/null 2>&1 && break
  sleep 0.1
done
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" -q --disable-pip-version-check install "boto3==$boto3"

echo "versitygw $version"
"$dir/venv/bin/python" - "http://127.0.0.1:$port" <<'PYTHON'
import sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="finding", aws_secret_access_key="finding-secret",
                  config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}))


def status(operation, **parameters):
    try:
        return operation(Bucket="cats", **parameters)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as e:
        return e.response["ResponseMetadata"]["HTTPStatusCode"]


s3.create_bucket(Bucket="cats")
etag = s3.put_object(Bucket="cats", Key="new", Body=b"new")["ETag"]
s3.put_object(Bucket="cats", Key="old", Body=b"old")
seen = (
    status(s3.put_object, Key="old", Body=b"again", IfNoneMatch="*"),
    status(s3.copy_object, Key="old", CopySource="cats/new", IfNoneMatch="*"),
    s3.get_object(Bucket="cats", Key="old")["Body"].read().decode(),
    status(s3.copy_object, Key="other", CopySource="cats/new", CopySourceIfNoneMatch=etag),
)
print("expected: PutObject 412, CopyObject 412 and content old, CopyObject of a source that is not wanted 412")
print("seen:     PutObject %s, CopyObject %s and content %s, CopyObject of a source that is not wanted %s" % seen)
if seen != (412, 200, "new", 304):
    sys.exit("changed")
PYTHON
