// SPDX-License-Identifier: Apache-2.0
module libkeda.io/consumer

go 1.21
