module record

go 1.26

require (
	helm.sh/helm/v3 v3.22.0
	helm.sh/helm/v4 v4.3.2
	sigs.k8s.io/yaml v1.6.0
)
