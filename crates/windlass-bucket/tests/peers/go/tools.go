//go:build tools

// Package main pins the server that the tests start.
package main

import _ "github.com/versity/versitygw/cmd/versitygw"
