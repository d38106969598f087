// Command peer does with a bucket what Flux does, by the library that Flux does it with: it puts files, and lists keys with
// their ETags and the digest over them.
//
//	peer ENDPOINT make BUCKET
//	peer ENDPOINT put BUCKET FOLDER       every file below the folder, under its path
//	peer ENDPOINT parts BUCKET KEY FILE   one file, in parts of 5 MiB
//	peer ENDPOINT remove BUCKET KEY
//	peer ENDPOINT revision BUCKET PREFIX
//
// ACCESS_KEY and SECRET_KEY say who asks.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(endpoint, what, bucket string, rest []string) error {
	keys := credentials.NewStaticV4(os.Getenv("ACCESS_KEY"), os.Getenv("SECRET_KEY"), "")
	client, err := minio.New(endpoint, &minio.Options{Creds: keys})
	if err != nil {
		return err
	}
	ctx := context.Background()
	switch what {
	case "make":
		return client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{})
	case "put":
		return filepath.WalkDir(rest[0], func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			key, err := filepath.Rel(rest[0], path)
			if err != nil {
				return err
			}
			_, err = client.FPutObject(ctx, bucket, filepath.ToSlash(key), path, minio.PutObjectOptions{})
			return err
		})
	case "parts":
		_, err := client.FPutObject(ctx, bucket, rest[0], rest[1], minio.PutObjectOptions{PartSize: 5 << 20})
		return err
	case "remove":
		return client.RemoveObject(ctx, bucket, rest[0], minio.RemoveObjectOptions{})
	case "revision":
		return revision(ctx, client, bucket, rest[0])
	}
	return fmt.Errorf("unknown: %s", what)
}

func revision(ctx context.Context, client *minio.Client, bucket, prefix string) error {
	etags := map[string]string{}
	options := minio.ListObjectsOptions{Recursive: true, Prefix: prefix}
	for object := range client.ListObjects(ctx, bucket, options) {
		if object.Err != nil {
			return object.Err
		}
		if !strings.HasSuffix(object.Key, "/") {
			etags[object.Key] = object.ETag
		}
	}
	keys := make([]string, 0, len(etags))
	for key := range etags {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	digest := sha256.New()
	for _, key := range keys {
		fmt.Fprintf(digest, "%s %s\n", key, etags[key])
	}
	fmt.Printf("sha256:%x\n", digest.Sum(nil))
	return nil
}
