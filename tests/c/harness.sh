# What tests/c/run and tests/cpp/run share. Sourced at the repository's root, with $build set.
#
# ESA_TEST_STAGE: the installed prefix to test (target/stage). ESA_TEST_BUILD: where to build (below target/tests).
# ESA_TEST_WITH: what to run test programs with, such as "valgrind -q --error-exitcode=1 --leak-check=full".

: "${CC:=cc}" "${CXX:=c++}" "${PYTHON:=python3}" "${ESA_TEST_WITH:=}"
stage=${ESA_TEST_STAGE:-$PWD/target/stage}
warnings='-Wall -Wextra -Wpedantic -Werror'
passed=0
failed=0
left_out=0
mkdir -p "$build"
scripts/need "${CC%% *}" "${CXX%% *}" "$PYTHON" nm readelf || exit 2

# The caller's own account has no part in the tests, nor has a role of the machine that they run on.
unset $(env | sed -n 's/^\(ALIBABA_CLOUD_[A-Z0-9_]*\)=.*/\1/p') ESA_ENDPOINT ESA_STS_ENDPOINT ESA_METADATA_ENDPOINT
export ALIBABA_CLOUD_ECS_METADATA_DISABLED=true HOME="$build/home"

if [ -z "${ESA_EMULATOR:-}" ] && [ -x target/debug/esa-emulator ]; then
    export ESA_EMULATOR="$PWD/target/debug/esa-emulator"
fi

if command -v pkg-config >/dev/null 2>&1; then
    export PKG_CONFIG_LIBDIR="$stage/lib/pkgconfig"
    include=$(pkg-config --cflags libesa)
    shared=$(pkg-config --libs libesa)
    private=$(pkg-config --libs --static libesa | sed 's/-lesa//')
else
    include=-I$stage/include
    shared="-L$stage/lib -lesa"
    private='-lutil -lrt -lpthread -lm -ldl -lc'
fi
shared="$shared -Wl,-rpath,$stage/lib"
static="$stage/lib/libesa.a $private"

pass() {
    echo "ok $1"
    passed=$((passed + 1))
}

fail() {
    echo "FAILED $1: $2"
    failed=$((failed + 1))
}

# compiles NAME COMMAND...: whether it does; the first message of the compiler where it doesn't.
compiles() {
    name=$1
    shift
    "$@" >"$build/compiler.log" 2>&1 && return 0
    fail "$name" "$(grep -m 1 error "$build/compiler.log" || tail -n 1 "$build/compiler.log")"
    return 1
}

# knows COMPILER LANGUAGE STANDARD: whether the compiler is there and new enough; says so where it isn't.
knows() {
    echo 'int main(void) { return 0; }' >"$build/empty"
    if ! $1 -x "$2" -std="$3" -fsyntax-only "$build/empty" >/dev/null 2>&1; then
        echo "LEFT OUT: $1 -std=$3 isn't there" >&2
        left_out=$((left_out + 1))
        return 1
    fi
}

# compiles_alone COMPILER LANGUAGE STANDARD HEADER FLAGS...: a test by itself.
compiles_alone() {
    compiler=$1 language=$2 standard=$3 header=$4
    shift 4
    title="$header alone, $compiler -std=$standard${*:+ $*}"
    knows "$compiler" "$language" "$standard" || return 0
    echo "#include <$header>" >"$build/alone"
    compiles "$title" $compiler -x "$language" -std="$standard" $warnings "$@" $include -fsyntax-only "$build/alone" &&
        pass "$title"
}

# runs NAME COMMAND...: a program that prints "ok test" or "FAILED test: where: what", a line each.
runs() {
    name=$1
    shift
    "$@" </dev/null >"$build/$name.log" 2>"$build/$name.stderr"
    status=$?
    sed -e "s/^ok /ok $name: /" -e "s/^FAILED /FAILED $name: /" "$build/$name.log"
    oks=$(grep -c '^ok ' "$build/$name.log")
    fails=$(grep -c '^FAILED ' "$build/$name.log")
    passed=$((passed + oks))
    failed=$((failed + fails))
    if [ "$fails" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$oks" -eq 0 ]; }; then
        fail "$name" "ended with status $status after $oks tests: $(tail -n 1 "$build/$name.stderr")"
    fi
}

finish() {
    [ "$left_out" -eq 0 ] || echo "LEFT OUT: $left_out tests, for want of a compiler that knows the standard" >&2
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
