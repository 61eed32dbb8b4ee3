#!/bin/sh
# moto forgets the checksum of PutObject where only its value is sent.
#
# Expected: an object that is put with x-amz-checksum-sha256 has it in HeadObject with x-amz-checksum-mode: ENABLED, and its
#   algorithm in ListObjectsV2. The value alone is enough: "If you provide an individual checksum, Amazon S3 ignores any provided
#   ChecksumAlgorithm parameter."
# Happens: moto 5.2.5 answers HeadObject and ListObjectsV2 without it. With the algorithm named as well, HeadObject has it.
# Matters: who looks for what is missing by checksums finds all of it missing at once after it was put, and takes it for
#   deleted by somebody else. boto3 sends no algorithm with a value.
# Source: Amazon S3 API Reference, PutObject, ChecksumAlgorithm
#   https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[s3]==5.2.5' boto3==1.44.8
AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=us-east-1 "$dir/venv/bin/python" - <<'PYTHON'
import base64, hashlib, sys
import boto3, moto

def see(**more):
    body = b"x"
    value = base64.b64encode(hashlib.sha256(body).digest()).decode()
    with moto.mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=body, ChecksumSHA256=value, **more)
        head = s3.head_object(Bucket="bucket", Key="k", ChecksumMode="ENABLED")
        listed = s3.list_objects_v2(Bucket="bucket")["Contents"][0]
        return head.get("ChecksumSHA256") == value, listed.get("ChecksumAlgorithm")

print("moto", moto.__version__, "boto3", boto3.__version__)
print("expected: HeadObject has the value, ListObjectsV2 ['SHA256'], whether the algorithm is named or not")
value, both = see(), see(ChecksumAlgorithm="SHA256")
print("seen, value alone:        ", *value)
print("seen, algorithm named too:", *both)
sys.exit(0 if value == (False, None) and both[0] else 1)
PYTHON
