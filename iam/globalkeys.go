package iam

// globalKeys are the condition keys that services share, in the order and with the types and
// the availability of the IAM User Guide's page "AWS global condition context keys",
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
//
// aws:ResourceAccount is "always included for most service actions", which is not Always.
// aws:EpochTime also takes the numeric operators. aws:FederatedProvider is an ARN for
// providers that are not built into AWS.
var globalKeys = []KeySpec{
	// Properties of the principal.
	{Name: "aws:PrincipalArn", Type: KeyARN, Signed: true},
	{Name: "aws:PrincipalAccount", Type: KeyString, Always: true},
	{Name: "aws:PrincipalOrgPaths", Type: KeyArrayOfString},
	{Name: "aws:PrincipalOrgID", Type: KeyString},
	{Name: "aws:PrincipalTag/${TagKey}", Type: KeyString},
	{Name: "aws:PrincipalIsAWSService", Type: KeyBool, Signed: true},
	{Name: "aws:PrincipalServiceName", Type: KeyString},
	{Name: "aws:PrincipalServiceNamesList", Type: KeyArrayOfString},
	{Name: "aws:PrincipalType", Type: KeyString, Always: true},
	{Name: "aws:userid", Type: KeyString, Always: true},
	{Name: "aws:username", Type: KeyString},

	// Properties of a role session.
	{Name: "aws:AssumedRoot", Type: KeyBool},
	{Name: "aws:FederatedProvider", Type: KeyString},
	{Name: "aws:TokenIssueTime", Type: KeyDate},
	{Name: "aws:SignInSessionArn", Type: KeyARN},
	{Name: "aws:MultiFactorAuthAge", Type: KeyNumeric},
	{Name: "aws:MultiFactorAuthPresent", Type: KeyBool},
	{Name: "aws:ChatbotSourceArn", Type: KeyARN},
	{Name: "aws:Ec2InstanceSourceVpc", Type: KeyString},
	{Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: KeyIPAddress},
	{Name: "aws:SourceIdentity", Type: KeyString},
	{Name: "ec2:RoleDelivery", Type: KeyNumeric},
	{Name: "ec2:SourceInstanceArn", Type: KeyARN},
	{Name: "glue:RoleAssumedBy", Type: KeyString},
	{Name: "glue:CredentialIssuingService", Type: KeyString},
	{Name: "codebuild:BuildArn", Type: KeyARN},
	{Name: "codebuild:ProjectArn", Type: KeyARN},
	{Name: "lambda:SourceFunctionArn", Type: KeyARN},
	{Name: "ssm:SourceInstanceArn", Type: KeyARN},
	{Name: "identitystore:UserId", Type: KeyString},

	// Properties of the network.
	{Name: "aws:SourceIp", Type: KeyIPAddress},
	{Name: "aws:SourceVpc", Type: KeyString},
	{Name: "aws:SourceVpcArn", Type: KeyARN},
	{Name: "aws:SourceVpce", Type: KeyString},
	{Name: "aws:VpceAccount", Type: KeyString},
	{Name: "aws:VpceOrgID", Type: KeyString},
	{Name: "aws:VpceOrgPaths", Type: KeyArrayOfString},
	{Name: "aws:VpcSourceIp", Type: KeyIPAddress},

	// Properties of the resource.
	{Name: "aws:ResourceAccount", Type: KeyString},
	{Name: "aws:ResourceOrgPaths", Type: KeyArrayOfString},
	{Name: "aws:ResourceOrgID", Type: KeyString},
	{Name: "aws:ResourceTag/${TagKey}", Type: KeyString},

	// Properties of the request.
	{Name: "aws:CalledVia", Type: KeyArrayOfString},
	{Name: "aws:CalledViaFirst", Type: KeyString},
	{Name: "aws:CalledViaLast", Type: KeyString},
	{Name: "aws:ViaAWSService", Type: KeyBool, Always: true},
	{Name: "aws:CalledViaAWSMCP", Type: KeyString},
	{Name: "aws:ViaAWSMCPService", Type: KeyBool},
	{Name: "aws:CurrentTime", Type: KeyDate, Always: true},
	{Name: "aws:EpochTime", Type: KeyDate, Always: true},
	{Name: "aws:referer", Type: KeyString},
	{Name: "aws:RequestedRegion", Type: KeyString, Always: true},
	{Name: "aws:RequestTag/${TagKey}", Type: KeyString},
	{Name: "aws:TagKeys", Type: KeyArrayOfString},
	{Name: "aws:SecureTransport", Type: KeyBool, Always: true},
	{Name: "aws:SourceAccount", Type: KeyString},
	{Name: "aws:SourceArn", Type: KeyARN},
	{Name: "aws:SourceOrgID", Type: KeyString},
	{Name: "aws:SourceOrgPaths", Type: KeyArrayOfString},
	{Name: "aws:UserAgent", Type: KeyString, Always: true},
	{Name: "aws:IsMcpServiceAction", Type: KeyBool},

	// Of a federated session, the keys that requests of other services than STS carry too
	// (IAM User Guide, "IAM and AWS STS condition context keys", the sections on cross-service
	// OIDC and SAML federation context keys). The last four are those of any OIDC provider.
	{Name: "cognito-identity.amazonaws.com:amr", Type: KeyArrayOfString},
	{Name: "cognito-identity.amazonaws.com:aud", Type: KeyString},
	{Name: "cognito-identity.amazonaws.com:sub", Type: KeyString},
	{Name: "accounts.google.com:aud", Type: KeyString},
	{Name: "accounts.google.com:sub", Type: KeyString},
	{Name: "graph.facebook.com:app_id", Type: KeyString},
	{Name: "graph.facebook.com:id", Type: KeyString},
	{Name: "www.amazon.com:app_id", Type: KeyString},
	{Name: "www.amazon.com:user_id", Type: KeyString},
	{Name: "saml:namequalifier", Type: KeyString},
	{Name: "saml:sub", Type: KeyString},
	{Name: "saml:sub_type", Type: KeyString},
	{Name: "${Provider}.${Domain}:amr", Type: KeyArrayOfString},
	{Name: "${Provider}.${Domain}:aud", Type: KeyString},
	{Name: "${Provider}.${Domain}:id", Type: KeyString},
	{Name: "${Provider}.${Domain}:sub", Type: KeyString},
}
