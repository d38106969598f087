// Records what Go says of the expressions in recorded.txt: go run record.go < recorded.txt
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "\t")
		answer := "-"
		re, err := regexp.Compile(columns[0])
		if err != nil {
			answer = err.Error()
		} else if at := re.FindStringIndex(columns[1]); at != nil {
			answer = fmt.Sprintf("%q", columns[1][at[0]:at[1]])
		}
		fmt.Printf("%s\t%s\t%s\n", columns[0], columns[1], answer)
	}
}
