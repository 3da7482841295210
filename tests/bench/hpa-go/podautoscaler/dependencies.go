// SPDX-License-Identifier: Apache-2.0

//go:build tools

// The rest of this package is the HorizontalPodAutoscaler's own files, laid over this folder when it is built
// (../build); this file names the original, so that go.mod and go.sum hold all that those files import.
package podautoscaler

import (
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	_ "k8s.io/kubernetes/pkg/controller/podautoscaler"
)
