// Pushes and pulls with Flux's own library, as `flux push artifact` and `flux pull artifact` do.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/oci"
	"github.com/google/go-containerregistry/pkg/crane"
)

func main() {
	client := oci.NewClient(append(oci.DefaultOptions(), crane.Insecure))
	if err := run(context.Background(), client, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, client *oci.Client, args []string) error {
	command, address, folder := args[0], args[1], args[2]
	switch command {
	case "push":
		made := oci.Metadata{Source: "s", Revision: "r", Created: "1970-01-01T00:00:00Z"}
		digest, err := client.Push(ctx, address, folder, oci.WithPushMetadata(made))
		fmt.Println(digest)
		return err
	case "pull":
		made, err := client.Pull(ctx, address, folder)
		if err == nil {
			fmt.Printf("%s %s %s\n", made.Source, made.Revision, made.Digest)
		}
		return err
	}
	return fmt.Errorf("no such command: %s", command)
}
