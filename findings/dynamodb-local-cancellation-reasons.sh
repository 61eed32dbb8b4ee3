#!/usr/bin/env bash
# DynamoDB Local 2.6.1: a cancelled transaction has fewer reasons than actions.
#
# Expected: CancellationReasons has one entry for every action of TransactWriteItems, in their order, None for those that
#   would have been done, so that reasons[i] is about TransactItems[i].
# What happens: where an update names an attribute of the table's key there is one reason alone, wherever the update stands:
#   of [Put, Update] the reason of the update is at the place of the put.
# Why it matters: code that reads the reasons by the places of its actions takes the wrong action for the one that failed, or
#   reads past the end, on a laptop and not on AWS.
# Source: DynamoDB API Reference, "TransactWriteItems", TransactionCanceledException: "If using Java, DynamoDB lists the
#   cancellation reasons on the CancellationReasons property … Transaction cancellation reasons are ordered in the order of
#   requested items, if an item has no error it will have None code and Null message."
#   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
#
# Needs Java 17, Maven and curl. Exits with 1 if the engine behaves otherwise.
set -euo pipefail

version=2.6.1
dir=$(mktemp -d)
engine=
trap '[ -z "$engine" ] || kill "$engine" 2>/dev/null || true; rm -rf "$dir"' EXIT

cat > "$dir/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
<dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>$version</version></dependency></dependencies></project>
POM
mvn -B -q -f "$dir/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$dir/lib"

port=$((20000 + RANDOM % 20000))
java -Djava.library.path="$dir/lib" -cp "$dir/lib/*" com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
  -inMemory -port "$port" -disableTelemetry > "$dir/log" 2>&1 &
engine=$!

call() {
  curl -sS "http://127.0.0.1:$port/" -H "X-Amz-Target: DynamoDB_20120810.$1" -H 'Content-Type: application/x-amz-json-1.0' \
    -H 'Authorization: AWS4-HMAC-SHA256 Credential=finding/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0' -d "$2"
}

for _ in $(seq 100); do
  call ListTables '{}' > /dev/null 2>&1 && break
  sleep 0.2
done
call CreateTable '{"TableName":"cats","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}' > /dev/null
answer=$(call TransactWriteItems '{"TransactItems":[
  {"Put":{"TableName":"cats","Item":{"id":{"S":"1"}}}},
  {"Update":{"TableName":"cats","Key":{"id":{"S":"2"}},"UpdateExpression":"SET id = :v","ExpressionAttributeValues":{":v":{"S":"3"}}}}]}')

echo "DynamoDB Local $version"
echo "expected: two reasons, [None, ValidationError]"
echo "seen:     $answer"
reasons=$(grep -o '"Code":' <<< "$answer" | wc -l)
if [ "$reasons" -ne 1 ] || ! grep -q 'TransactionCanceledException' <<< "$answer"; then
  echo "changed: $reasons reasons"
  exit 1
fi
