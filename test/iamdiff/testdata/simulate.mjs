// Reads one simulation a line and writes one result a line.
import { createInterface } from 'node:readline'
import { anonymousPrincipal, runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const named = (list) => (list ?? []).map((policy, i) => ({ name: String(i), policy }))

const simulation = ({ policies, request }) => ({
  request: {
    principal: request.principal === '*' ? anonymousPrincipal : request.principal,
    action: request.action,
    resource: { resource: request.resource, accountId: request.resourceAccount },
    contextVariables: request.context
  },
  identityPolicies: named(policies.identity),
  resourcePolicy: policies.resource?.[0],
  permissionBoundaryPolicies: policies.boundary ? named(policies.boundary) : undefined,
  sessionPolicy: policies.session?.[0],
  serviceControlPolicies: (policies.scp ?? []).map((level, i) => ({ orgIdentifier: String(i), policies: named(level) })),
  resourceControlPolicies: []
})

// Identity policies alone are compared without the validation of requests, which would
// refuse values of another type than a key has.
async function decide(sample) {
  const s = simulation(sample)
  if (!sample.policies.resource && !sample.policies.session && !sample.policies.boundary && !sample.policies.scp && !sample.whole) {
    return runUnsafeSimulation(s, {})
  }
  const result = await runSimulation(s, {})
  return result.resultType === 'error' ? `error: ${JSON.stringify(result.errors)}` : result.overallResult
}

for await (const line of createInterface({ input: process.stdin })) {
  let result
  try {
    result = await decide(JSON.parse(line))
  } catch (error) {
    result = `error: ${error.message}`
  }
  console.log(JSON.stringify(result))
}
