# SPDX-License-Identifier: GPL-2.0-only
#
# To be sourced: from now on gcc, cc and clang are those of ccache, which keeps in the tests' cache
# what they made of a file. In a clean clone, too: the path of the tree does not count.

export CCACHE_DIR=${FORKFAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/forkfail}/ccache
export CCACHE_MAXSIZE=1G CCACHE_NOHASHDIR=1 PATH=/usr/lib/ccache:$PATH
mkdir -p "$CCACHE_DIR"
