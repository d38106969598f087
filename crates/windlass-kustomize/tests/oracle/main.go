// Command oracle builds kustomizations with the real library, one line of JSON in, one out. See README.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type question struct {
	Path  string            `json:"path"`
	Files map[string]string `json:"files"`
}

type answer struct {
	Output string `json:"output"`
	Error  string `json:"error"`
}

func ask(q question) (a answer) {
	defer func() {
		if caught := recover(); caught != nil {
			a = answer{Error: fmt.Sprint("panic: ", caught)}
		}
	}()
	openapi.ResetOpenAPI()
	files := filesys.MakeFsInMemory()
	for name, text := range q.Files {
		if err := files.WriteFile("/"+name, []byte(text)); err != nil {
			return answer{Error: err.Error()}
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	built, err := krusty.MakeKustomizer(options).Run(files, "/"+q.Path)
	if err != nil {
		return answer{Error: err.Error()}
	}
	text, err := built.AsYaml()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Output: string(text)}
}

func main() {
	null, _ := os.Open(os.DevNull)
	os.Stderr = null
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		text, err := json.Marshal(ask(q))
		if err != nil {
			panic(err)
		}
		out.Write(append(text, '\n'))
		out.Flush()
	}
}
