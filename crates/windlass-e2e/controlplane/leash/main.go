// Command leash runs a program for as long as its own standard input stays open.
//
//	leash [-remove FOLDER] PROGRAM [ARGUMENT...]
//
// The pipe to its input is held by the process that started it. When that process ends, in whatever way, the kernel
// closes the pipe, and leash kills the program and then removes FOLDER. No test run can leave an etcd behind.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
)

func main() {
	remove := flag.String("remove", "", "folder to remove once the program was killed")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: leash [-remove FOLDER] PROGRAM [ARGUMENT...]")
		os.Exit(2)
	}
	os.Exit(run(*remove, flag.Args()))
}

func run(remove string, program []string) int {
	child := exec.Command(program[0], program[1:]...)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "leash:", err)
		return 127
	}
	var let atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		let.Store(true)
		_ = child.Process.Kill()
	}()
	err := child.Wait()
	if let.Load() {
		if remove != "" {
			_ = os.RemoveAll(remove)
		}
		return 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "leash:", program[0], exit)
		return 1
	}
	return 0
}
