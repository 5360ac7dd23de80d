module windlass/validate/written

go 1.24.0

// Not built: their custom resource definitions are what the verdicts of `verdicts.tsv` were recorded with.
require (
	github.com/bitnami-labs/sealed-secrets v0.30.0
	github.com/external-secrets/external-secrets v0.16.2
	sigs.k8s.io/gateway-api v1.4.1
)
