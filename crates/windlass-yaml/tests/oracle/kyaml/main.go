// Answers what kyaml reads: each line of the input is a document as a JSON string; each line of the output is that string, a
// tab, and the value as JSON (a float with `.` or `e` stays one), or `error`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func read(text string) (answer string) {
	defer func() {
		if recover() != nil {
			answer = "error"
		}
	}()
	node, err := yaml.Parse(text)
	if err != nil {
		return "error"
	}
	if yaml.IsMissingOrNull(node) {
		return "null"
	}
	if node.DeAnchor() != nil {
		return "error"
	}
	out, err := node.MarshalJSON()
	if err != nil {
		return "error"
	}
	return string(out)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		line, _, _ := strings.Cut(in.Text(), "\t")
		var text string
		if json.Unmarshal([]byte(line), &text) != nil {
			continue
		}
		fmt.Printf("%s\t%s\n", line, read(text))
	}
}
