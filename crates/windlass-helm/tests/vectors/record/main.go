// Command record answers vectors with both versions of Helm: one JSON object a line in, the same with answers out.
//
//	go run . < ../recorded.jsonl > new.jsonl && mv new.jsonl ../recorded.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	v3chart "helm.sh/helm/v3/pkg/chart"
	v3util "helm.sh/helm/v3/pkg/chartutil"
	v3engine "helm.sh/helm/v3/pkg/engine"
	v4common "helm.sh/helm/v4/pkg/chart/common"
	v4util "helm.sh/helm/v4/pkg/chart/common/util"
	v4chart "helm.sh/helm/v4/pkg/chart/v2"
	v4engine "helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

type vector struct {
	ID         string          `json:"id"`
	Group      string          `json:"group"`
	Template   string          `json:"template"`
	Values     json.RawMessage `json:"values,omitempty"`
	Expected   *string         `json:"expected,omitempty"`
	Error      *string         `json:"error,omitempty"`
	ExpectedV4 *string         `json:"expected_v4,omitempty"`
	ErrorV4    *string         `json:"error_v4,omitempty"`
}

const file = "vec/templates/t.yaml"

func values(v vector) (map[string]any, error) {
	all := map[string]any{}
	if len(v.Values) == 0 {
		return all, nil
	}
	return all, yaml.Unmarshal(v.Values, &all)
}

func render3(v vector) (string, error) {
	chart := &v3chart.Chart{
		Metadata:  &v3chart.Metadata{APIVersion: "v2", Name: "vec", Version: "0.1.0", AppVersion: "1.2.3", Description: "vectors"},
		Templates: []*v3chart.File{{Name: "templates/t.yaml", Data: []byte(v.Template)}},
	}
	all, err := values(v)
	if err != nil {
		return "", err
	}
	caps := v3util.DefaultCapabilities.Copy()
	caps.KubeVersion = v3util.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	options := v3util.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	top, err := v3util.ToRenderValues(chart, all, options, caps)
	if err != nil {
		return "", err
	}
	out, err := v3engine.Render(chart, top)
	return out[file], err
}

func render4(v vector) (string, error) {
	chart := &v4chart.Chart{
		Metadata:  &v4chart.Metadata{APIVersion: "v2", Name: "vec", Version: "0.1.0", AppVersion: "1.2.3", Description: "vectors"},
		Templates: []*v4common.File{{Name: "templates/t.yaml", Data: []byte(v.Template)}},
	}
	all, err := values(v)
	if err != nil {
		return "", err
	}
	caps := v4common.DefaultCapabilities.Copy()
	caps.KubeVersion = v4common.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	options := v4common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	top, err := v4util.ToRenderValues(chart, all, options, caps)
	if err != nil {
		return "", err
	}
	out, err := v4engine.Render(chart, top)
	return out[file], err
}

func answer(text string, err error) (*string, *string) {
	if err != nil {
		message := err.Error()
		return nil, &message
	}
	return &text, nil
}

func same(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var v vector
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		v.Expected, v.Error = answer(render3(v))
		text, message := answer(render4(v))
		v.ExpectedV4, v.ErrorV4 = nil, nil
		if !same(text, v.Expected) || !same(message, v.Error) {
			v.ExpectedV4, v.ErrorV4 = text, message
		}
		if err := out.Encode(v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
