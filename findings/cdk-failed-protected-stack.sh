#!/usr/bin/env bash
# Expected: a stack whose app says terminationProtection: false can be deployed again after its first deployment
# failed. The CDK CLI deletes a stack in ROLLBACK_COMPLETE before it makes it anew, and it is what turned the
# protection on before that first deployment, so it would turn it off again, as it does before an update.
# Happens: it calls DeleteStack at once, which CloudFormation refuses for a protected stack, and never calls
# UpdateTerminationProtection: neither for an app that wants the protection nor for one that gave it up.
# Matters: with termination protection, a first deployment that fails blocks each retry with the CDK, whatever the
# app says. Somebody has to turn the protection off by other means (docs/guide.md, "When a first deployment fails").
# Source: CloudFormation User Guide, "Protect CloudFormation stacks from being deleted"; AWS CDK, "StackProps:
# terminationProtection". CloudFormation is played by a server that tells of such a stack and notes the calls.
set -euo pipefail

version=2.1148.1
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --silent "aws-cdk@$version"

cat >"$dir/cloudformation.mjs" <<'JS'
import {createServer} from 'node:http'
const id = 'arn:aws:cloudformation:eu-central-1:111111111111:stack/probe/1'
createServer((request, response) => {
  let body = ''
  request.on('data', data => (body += data)).on('end', () => {
    const action = new URLSearchParams(body).get('Action')
    const refused = action === 'DeleteStack'
    const results = {
      GetCallerIdentity: '<Arn>arn:aws:iam::111111111111:user/u</Arn><UserId>u</UserId><Account>111111111111</Account>',
      DescribeStacks: `<Stacks><member><StackName>probe</StackName><StackId>${id}</StackId><StackStatus>ROLLBACK_COMPLETE</StackStatus>
        <CreationTime>2026-01-01T00:00:00Z</CreationTime><EnableTerminationProtection>true</EnableTerminationProtection></member></Stacks>`,
    }
    console.log(action)
    response.writeHead(refused ? 400 : 200, {'content-type': 'text/xml'})
    response.end(refused
      ? '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack [probe] cannot be deleted while TerminationProtection is enabled</Message></Error></ErrorResponse>'
      : `<${action}Response><${action}Result>${results[action] ?? ''}</${action}Result></${action}Response>`)
  })
}).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })
JS
: >"$dir/calls"
node "$dir/cloudformation.mjs" >"$dir/calls" &
server=$!
until grep -q '^port ' "$dir/calls"; do
  kill -0 "$server" && sleep 0.1
done
port=$(sed -n 's/^port //p' "$dir/calls")

changed=0
for protection in true false; do
  out="$dir/out-$protection"
  mkdir "$out"
  echo '{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}' >"$out/probe.template.json"
  cat >"$out/manifest.json" <<JSON
{"version": "48.0.0", "artifacts": {"probe": {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-central-1",
  "properties": {"templateFile": "probe.template.json", "terminationProtection": $protection, "validateOnSynth": false}, "displayName": "probe"}}}
JSON
  before=$(wc -l <"$dir/calls")
  (cd "$dir" && env HOME="$dir" CI=true AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=eu-central-1 \
    node_modules/.bin/cdk deploy --app "$out" --require-approval never --no-notices >"$dir/log" 2>&1) || true
  calls=$(tail -n "+$((before + 1))" "$dir/calls" | grep -v GetCallerIdentity | tr '\n' ' ')
  echo "aws-cdk $version, terminationProtection: $protection, stack in ROLLBACK_COMPLETE and protected"
  echo "  expected: UpdateTerminationProtection before DeleteStack where the app says false"
  echo "  seen:     $calls"
  grep -o 'Stack \[probe\] cannot.*' "$dir/log" | sed 's/^/            /' || changed=1
  case "$calls" in *UpdateTerminationProtection*) changed=1 ;; *DeleteStack*) ;; *) changed=1 ;; esac
done
exit "$changed"
