// Answers what Go's libraries write. Each line of the input is a JSON document; each line of the output is a JSON list
// of what sigs.k8s.io/yaml, go-yaml v3 with an indentation of 4 and of 2, v3 with compact lists, and encoding/json (plain, without HTML
// escapes, indented) make of it. Null stands for an error.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	v3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// decode keeps integers apart from floats, as kyaml and Helm's --set do: 1 is int64, 1.0 is float64.
func decode(line []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return numbers(value), nil
}

func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if integer, err := value.Int64(); err == nil && value.String() != "-0" {
			return integer
		}
		float, err := value.Float64()
		if err != nil {
			panic(err)
		}
		return float
	case []any:
		for at := range value {
			value[at] = numbers(value[at])
		}
	case map[string]any:
		for key := range value {
			value[key] = numbers(value[key])
		}
	}
	return value
}

// withSigs answers with an empty text where the order of the keys depends on chance.
func withSigs(value any) any {
	first, err := yaml.Marshal(value)
	if err != nil {
		return nil
	}
	for range 8 {
		if text, _ := yaml.Marshal(value); !bytes.Equal(first, text) {
			return ""
		}
	}
	return string(first)
}

func withV3(value any, indent int, compact bool) (text any) {
	defer func() {
		if recover() != nil {
			text = nil
		}
	}()
	var out bytes.Buffer
	encoder := v3.NewEncoder(&out)
	encoder.SetIndent(indent)
	if compact {
		encoder.CompactSeqIndent()
	}
	if encoder.Encode(value) != nil || encoder.Close() != nil {
		return nil
	}
	return out.String()
}

func withJSON(value any, escape bool, indent string) any {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escape)
	encoder.SetIndent("", indent)
	if encoder.Encode(value) != nil {
		return nil
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			return
		}
		value, err := decode(line)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		answers := []any{
			withSigs(value), withV3(value, 4, false), withV3(value, 2, false), withV3(value, 2, true),
			withJSON(value, true, ""), withJSON(value, false, ""), withJSON(value, true, "  "),
		}
		fmt.Fprintln(out, withJSON(answers, false, ""))
	}
}
