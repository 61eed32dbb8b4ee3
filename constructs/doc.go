// Package constructs writes a plan down as CloudFormation: TenantStack, CellStack and
// their parts, for this platform's app and for any other CDK app in Go.
//
// The plan has decided every name, ARN and policy, so constructs compute nothing. They are
// made of L1 constructs: each crosses into the CDK library once, where an L2 construct
// crosses about twenty times and decides names and policies of its own.
package constructs
