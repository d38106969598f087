//go:build ignore

// Writes envsubst.jsonl anew: the answers of github.com/fluxcd/pkg/envsubst v1.9.0 to its own inputs.
//
//	dir=$(mktemp -d) && cp envsubst.go $dir/main.go && here=$PWD && cd $dir  # and take the build tag out of main.go
//	go mod init answers && go get github.com/fluxcd/pkg/envsubst@v1.9.0
//	go run main.go < $here/envsubst.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
)

type row struct {
	Env      map[string]string `json:"env"`
	Error    string            `json:"error,omitempty"`
	Expected *string           `json:"expected,omitempty"`
	Input    string            `json:"input"`
	Strict   bool              `json:"strict"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var row row
		if err := json.Unmarshal(in.Bytes(), &row); err != nil {
			panic(err)
		}
		out, err := envsubst.Eval(row.Input, func(name string) (string, bool) {
			value, found := row.Env[name]
			return value, found || !row.Strict
		})
		row.Error, row.Expected = "", &out
		if err != nil {
			// Behind the colon stands the name of the variable.
			row.Error, _, _ = strings.Cut(err.Error(), ": ")
			row.Expected = nil
		}
		answer, _ := json.Marshal(row)
		fmt.Println(string(answer))
	}
}
