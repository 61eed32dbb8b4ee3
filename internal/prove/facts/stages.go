package facts

// APIStage is a stage of a REST API, made by itself or with a deployment.
type APIStage struct {
	Place Place
	// Name of the stage, and its Variables.
	Name      string
	Variables map[string]string
	// Overrides of the variables for a part of the requests (API Gateway Developer Guide, "Set up an API Gateway
	// canary release deployment").
	Overrides map[string]string
}

// apiStage is a stage with its variables.
func (t *reader) apiStage(id string, properties map[string]any) {
	t.APIStages = append(t.APIStages, APIStage{
		Place: t.place(id, "Properties"), Name: text(properties["StageName"]), Variables: textMap(properties["Variables"]),
		Overrides: textMap(object(properties["CanarySetting"])["StageVariableOverrides"]),
	})
}

// deployment makes a stage if it names one (CloudFormation Template Reference, "AWS::ApiGateway::Deployment").
func (t *reader) deployment(id string, properties map[string]any) {
	description := object(properties["StageDescription"])
	overrides := textMap(object(properties["DeploymentCanarySettings"])["StageVariableOverrides"])
	if properties["StageName"] == nil && len(description) == 0 && len(overrides) == 0 {
		return
	}
	for name, value := range textMap(object(description["CanarySetting"])["StageVariableOverrides"]) {
		overrides[name] = value
	}
	t.APIStages = append(t.APIStages, APIStage{
		Place: t.place(
			id,
			"Properties",
		), Name: text(properties["StageName"]), Variables: textMap(description["Variables"]), Overrides: overrides,
	})
}

// textMap is an object of texts, numbers and switches.
func textMap(value any) map[string]string {
	out := map[string]string{}
	for name, v := range object(value) {
		out[name] = scalarText(v)
	}
	return out
}
