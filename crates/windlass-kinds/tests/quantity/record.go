// Records how k8s.io/apimachinery v0.34.4 reads and writes quantities, as `text canonical` lines; `!` for none.
//
//	go mod init record && go get k8s.io/apimachinery@v0.34.4 && go mod tidy && go run record.go > recorded.txt
package main

import (
	"fmt"
	"math/rand"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

func main() {
	pick := rand.New(rand.NewSource(7))
	one := func(from []string) string { return from[pick.Intn(len(from))] }
	signs := []string{"", "", "", "-", "+"}
	wholes := []string{"", "0", "00", "1", "2", "7", "10", "100", "512", "999", "1000", "1023", "1024", "1025", "1536", "2048",
		"65536", "123456", "1000000", "1048576", "9999999999", "9223372036854775807", "9223372036854775808", "123456789012345678901234567890"}
	fractions := []string{"", "", "", ".", ".0", ".5", ".25", ".125", ".001", ".1", ".999", ".000000001", ".0000000001", ".1234567891", ".10"}
	suffixes := []string{"", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "e-3", "e1",
		"e+2", "e0", "e-9", "e-12", "e18", "e30", "K", "mi", "i", "e", "e+", "x", "Kib", "E-", "e3m"}
	// Beyond this Windlass reads no quantity.
	most, least := resource.MustParse("1e28"), resource.MustParse("-1e28")
	seen := map[string]bool{}
	for len(seen) < 1200 {
		text := one(signs) + one(wholes) + one(fractions) + one(suffixes)
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		quantity, err := resource.ParseQuantity(text)
		if err != nil && strings.HasSuffix(text, "i") && !strings.ContainsAny(text, "0123456789") {
			continue // Go reads Ki alone as 0 and refuses Pi alone.
		}
		if err != nil {
			fmt.Println(text, "!")
			continue
		}
		if quantity.Cmp(most) >= 0 || quantity.Cmp(least) <= 0 {
			continue
		}
		// A parsed quantity may remember its text; calculating makes it write itself anew.
		quantity.Neg()
		quantity.Neg()
		// Go writes 1000E as 1, which is not the same amount.
		if again, err := resource.ParseQuantity(quantity.String()); err != nil || again.Cmp(quantity) != 0 {
			continue
		}
		fmt.Println(text, quantity.String())
	}
}
