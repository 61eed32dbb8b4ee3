#!/bin/sh
# SAM makes a second stage of an API, named Stage, which nobody asked for.
#
# Expected: a template with one AWS::Serverless::Api whose StageName is prod has one stage, prod, with what the template says of
#   it: its method settings, its access log, its variables.
# Happens: aws-sam-translator 1.115.0 gives the AWS::ApiGateway::Deployment the StageName "Stage" beside the
#   AWS::ApiGateway::Stage prod. CloudFormation makes a stage of every deployment that names one, so the API answers at
#   /Stage too, without the throttling, the access log and the variables of prod.
# Matters: who counts stages by AWS::ApiGateway::Stage sees one; authorizers that read a stage variable, quotas and logs of a stage
#   do not hold for the other. OpenApiVersion under Globals leaves it out.
# Source: CloudFormation Template Reference, AWS::ApiGateway::Deployment, StageName
#   https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check aws-sam-translator==1.115.0
AWS_DEFAULT_REGION=eu-central-1 "$dir/venv/bin/python" - <<'PYTHON'
import sys
import samtranslator
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def stages(**more):
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {
                "StageName": "prod", "Variables": {"account": "77"},
                "DefinitionBody": {"openapi": "3.0.1", "info": {"title": "shop", "version": "1"}, "paths": {}},
            }},
        },
        **more,
    }
    out = Translator(managed_policy_map={}, sam_parser=Parser()).translate(template, {})
    resources = out["Resources"].values()
    named = [r["Properties"]["StageName"] for r in resources if r["Type"] == "AWS::ApiGateway::Stage"]
    made = [r["Properties"].get("StageName") for r in resources if r["Type"] == "AWS::ApiGateway::Deployment"]
    return named, made

print("aws-sam-translator", samtranslator.__version__)
print("expected: stages ['prod'], and a deployment that makes none: [None]")
plain, versioned = stages(), stages(Globals={"Api": {"OpenApiVersion": "3.0.1"}})
print("seen:                       stages %s, deployments that make %s" % plain)
print("seen, with OpenApiVersion:  stages %s, deployments that make %s" % versioned)
sys.exit(0 if plain == (["prod"], ["Stage"]) and versioned == (["prod"], [None]) else 1)
PYTHON
