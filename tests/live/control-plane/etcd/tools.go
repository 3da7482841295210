// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package tools names the etcd of the test control plane, so that go.mod and go.sum hold all it needs.
package tools

import _ "go.etcd.io/etcd/server/v3"
