//go:build ignore

// Writes scalars.txt: small YAML documents and what Kubernetes' Go libraries make of them.
//
//	dir=$(mktemp -d) && cp scalars.go $dir/main.go && cd $dir  # and take the build tag out of main.go
//	go mod init scalars && go get k8s.io/apimachinery@v0.34.4 sigs.k8s.io/yaml@v1.6.0 go.yaml.in/yaml/v2@v2.4.2
//	go run main.go > scalars.txt
//
// A line is a document as a JSON string, a tab, and the value as JSON (a float always has a `.` or an `e`), or `error`.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"sort"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

var words = strings.Fields(`y Y n N yes Yes YES yEs no No NO nO on On ON oN off Off OFF oFF true True TRUE tRUE false False FALSE
 ~ null Null NULL nULL nil none .nan .NaN .NAN .Nan .inf .Inf .INF +.inf -.inf +.Inf -.INF -.Inf inf Infinity NaN nan << = . .. ... + - ++ --
 0 00 01 07 08 09 010 0777 0778 0o777 0O17 0o8 0o 0x 0x0 0x1F 0X1f 0xG 0x_1 0x1_0 0b 0b0 0b1 0B101 0b2 0b12 0b-1 0b+1 -0b1 +0b1 -0b-1 -0b+1
 +1 -1 +0 -0 +-1 1_000 1__0 _1 1_ 0_7 0_ +_1 -_1 1,000 1.000,5 1e3 1E3 1e+3 1e-3 1.e3 1.5e3 .5 -.5 +.5 .5e1 .5_0 .5__0 ._5 .5_ .5e_1 .5e1_0 .1e1_0
 .e5 .5e 1e 1e+ 1.2.3 1.0 1. -0.0 0.0 +0.0 1.10 1.50 12e03 0.1 0.1e1 1e20 1e21 1e22 -1e20 1e15 1e16 1e17 123456789012345678 1e400 -1e400 1e-400 4.9e-324
 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 +9223372036854775808
 99999999999999999999 0x7FFFFFFFFFFFFFFF 0xFFFFFFFFFFFFFFFF 0x1FFFFFFFFFFFFFFFF -0x8000000000000000 -0x8000000000000001 0777777777777777777777 01777777777777777777777
 0b111111111111111111111111111111111111111111111111111111111111111 0b1111111111111111111111111111111111111111111111111111111111111111
 9.223372036854775e18 9.223372036854775807e18 9223372036854775807.0 9007199254740993 9007199254740993.0 1.7976931348623157e308 1.7976931348623159e308 0x1p3 0x1.8p1 1p3
 12:30 12:30:45 1:60 190:20:30 190:20:30.15 2001-01-01 2001-1-1 2001-13-01 2001-12-14T21:59:43.10-05:00 2001-12-14t21:59:43Z 20010101 2001-
 0.0.0.0 10.0.0.1 1.2.3.4 v1 1.21 1.20.0 10m 1Gi 100% 5k 0.5 -1.5 1d 3h 0s 1/2 a b a.b a/b a-b -a +a .a ~a a~ foo! foo? foo* %a_ true1 truely yes! nope
 012e1 08.5 0x1e3 0xe 1e1_0 1_0e1 0_8 0_x1 08_ 0b1_1 0o1_7 -010 +010 -08 -0x1F +0x1F 0.1_5 1_.5 1._5 é ünï 日本 0١ ½`)

var tags = strings.Fields("! !!str !!int !!float !!bool !!null !!binary !!timestamp !!merge !!map !!seq !!set !x !x!y !<tag:yaml.org,2002:int> !<x>")
var tagged = []string{"", "1", "1.5", "0x1f", "1_0", "yes", "true", "null", "~", "foo", "2001-01-01", "aGVsbG8=", "9223372036854775808",
	`"1"`, `'yes'`, `""`, `"aGVsbG8="`, `'null'`, `"2001-01-01"`, `"foo"`, "[1]", "{a: 1}"}

var documents = []string{
	"", "# nothing", "---", "--- \n...", "a:", "a: # b", "a: b # c", "a: b#c", "a:  b  ", "a:\n  b\n  c", "a:\n  b\n\n  c", "a: 'b''c'", `a: "b\tc\x41\u00e9\n\\\""`,
	"a: \"b\n  c\"", "a: \"b\\\n  c\"", "a: |\n  b\n  c\n", "a: |-\n  b\n", "a: |+\n  b\n\n", "a: >\n  b\n  c\n\n  d\n", "a: >-\n  b\n   c\n  d\n", "a: |2\n   b\n", "a: |\n\n  b\n", "a: |\n",
	"a: |\n  b\t\n  # c\n", "a: |\n  b\n # c\n", "a: 'b\n\n  c'", "a: [1, 2,]", "a: {b: 1,}", "a: [b, , c]", "a: [[], {}, '', \"\", ~]", "a: {b, c: }", "- 1\n- - 2\n  - 3\n-\n  - 4\n- a: 1\n  b: 2",
	"a:\n- 1\n- 2\nb: 3", "? a\n: b", "? a", "? |\n  a\n: b", "a: &x 1\nb: *x", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2", "x: &x {a: 1, b: 2}\ny: &y {b: 3}\nz: {<<: [*x, *y], c: 4}",
	"x: &x {a: 1}\ny: {<<: *x, a: 2}", "<<: {a: 1}", "<<: {a: 1}\n<<: {b: 2}", "a: <<", "'<<': 1", "a: {<<: [1]}", "a: {<<: x}", "a: *x", "a: &x [*x]", "a: &x 1\nb: &x 2\nc: *x", "&k a: 1\nb: *k", "a: &x\nb: *x",
	"a: !!str\nb: 1", "{1: a, 1.5: b, 0x10: c, true: d, yes_: e, .inf: f, 1e6: g, 1e5: h, 1234567.5: i, 0.0001: j, 0.00001: k, 1e21: l, -0.0: m, 010: n, 2001-01-01: o}", "~: a", "null: a", ": a", "18446744073709551615: a",
	"[a]: b", "{a: b}: c", "? [a]\n: b", "a: .nan", "a: .inf", "true: 1\nyes_: 2", "y: 1", "on: 1", "'on': 1", "\"1\": 1", "0o7: a", "a: b: c", "a\nb: c", "a: 'b", "a: \"b", "a: [b", "a: {b", "a: b]", "a:\n\tb: c", "\ta: b", "a:\n  b: 1\n c: 2", "a:\n   b: 1\n  c: 2",
	"a: @b", "a: `b", "a: %b", "%a: b", "a: -", "a: - b", "- a\nb: c", "a: b\n- c", "a: b\n  c: d", "a: !!int foo", "a: \"\\q\"", "a: \"\\x4\"", "{\"a\": 1, \"b\": [true, null, 1.0, 1e3]}", "{\n\t\"a\": 1\n}", "[1,2,3]", "'a'", "1", "a:b", "a: b:c", "a: http://x/y", "{a: http://x/y}", "{a: b:c}", "{\"a\":b}", "[a: b]", "[a: b, c]", "a: 'x': y",
	"\ufeffa: 1", "a: \u00a0b", "a: b\u2028c", "a: \u0085b", "a\r\nb", "a: 1\r\nb: 2\r\n", "a: |\r\n  x\r\n  y\r\n", "a: \"x\r\n  y\"", "a: b\\n", "a: b\tc", "a:\tb", "a: 'b\tc'", "a: \u0001", "a: \u007f", "a: \U0001F600", "a: \"\\U0001F600\"",
	"a: &b", "a: & b", "a: *", "a: !", "a: !!", "a: !!str &x 1\nb: *x", "a: &x !!str 1\nb: *x", "a: b ...", "a: {? b : c}", "{a: {b: [c, {d: e}]}}", "a:\n  - b:\n      - c\n    d: e", "a: >\n\n  b", "a: |-\n    b\n   c", "a: #b", "a: '#b'", "#a", "a: ,b", "a: [,]", "a: }", "-", "- -", "-a", "- \n- ~", "?", "? ?", ":", "::", "a::b", "a: :b", "a: ?b", "a: -b", "{a}", "{a, b}", "{a: , b: }", "a: [\nb\n]", "a: {\nb: c\n}", "a: [\n  b,\n  c # d\n]",
}

func main() {
	seen := map[string]bool{}
	for _, word := range words {
		seen["a: "+word] = true
		seen[word+": a"] = true
		seen["["+word+"]"] = true
	}
	for _, tag := range tags {
		for _, value := range tagged {
			seen["a: "+tag+" "+value] = true
		}
	}
	for _, document := range documents {
		seen[document] = true
	}
	random := rand.New(rand.NewSource(7))
	for _, alphabet := range []string{"0123456789_.eE+-xXoObB", "01_.e+-", "0xb1-_", ".0_e-"} {
		for i := 0; i < 250; i++ {
			word := make([]byte, 1+random.Intn(7))
			for j := range word {
				word[j] = alphabet[random.Intn(len(alphabet))]
			}
			seen["a: "+string(word)] = true
		}
	}
	var all []string
	for document := range seen {
		all = append(all, document)
	}
	sort.Strings(all)
	fmt.Println("# k8s.io/apimachinery v0.34.4, sigs.k8s.io/yaml v1.6.0, go.yaml.in/yaml/v2 v2.4.2; written by scalars.go")
	for _, document := range all {
		var value interface{}
		answer := "error"
		if err := yaml.Unmarshal([]byte(document), &value); err == nil {
			answer = show(value)
		}
		quoted, _ := json.Marshal(document)
		fmt.Printf("%s\t%s\n", quoted, answer)
	}
}

func show(value interface{}) string {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case []interface{}:
		var parts []string
		for _, item := range v {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]interface{}:
		var parts []string
		for key, item := range v {
			quoted, _ := json.Marshal(key)
			parts = append(parts, string(quoted)+":"+show(item))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	text, _ := json.Marshal(value)
	return string(text)
}
