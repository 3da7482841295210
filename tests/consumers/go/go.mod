module libkeda.io/consumer

go 1.21
