#!/bin/sh
# layer.sh NAME OPTION...: `uv sync` with these options on top of what is installed, and a copy of what that added in
# /layers/NAME, so that an image can take each step as a layer of its own. The Dockerfile's builder runs it.
set -eu
name=$1
shift
touch /before
uv sync --quiet --locked --no-dev --inexact "$@"
# Other people's tests, which nothing imports.
find /opt/venv -depth -type d -name tests -exec rm -rf {} +
# 55 MB of the Kubernetes client, loaded when first named: the operator uses its asynchronous half, kubernetes.aio.
find /opt/venv -path '*/kubernetes/client/*/*.py*' ! -name '__init__.*' -delete
# 37 MB of pyarrow that nothing here loads: Flight, and what C++ is compiled with.
find /opt/venv -path '*/pyarrow/*' \( -name '*flight*' -o -path '*/pyarrow/include/*' -o -path '*/pyarrow/src/*' \) \
    ! -type d -delete
mkdir -p "/layers/$name"
# By the time of the inode, not of the file: wheels bring their own times, which compiled bytecode is valid for.
find /opt/venv -cnewer /before ! -type d -print0 | tar --create --null --files-from - --absolute-names \
    | tar --extract --absolute-names --transform "s,^/,/layers/$name/," --same-permissions
