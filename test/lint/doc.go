// Package lint runs cfn-lint and checkov over synthesized templates.
//
// Both come from PyPI, in the versions of requirements.txt, installed into a virtual
// environment. TestTemplates is the entry; it reads two environment variables, each a
// path, absolute or relative to the module's root:
//
//	TENANTSTACK_CDK_OUT  folder of the synthesized templates, such as cdk.out
//	TENANTSTACK_VENV     folder of the virtual environment
//
// Errors of cfn-lint are never allowed. Its warnings and checkov's findings are allowed when
// findings.yaml explains them. An explanation that explains nothing any more fails too, and
// so does a template that suppresses a check by itself: reasons are in one place.
package lint
