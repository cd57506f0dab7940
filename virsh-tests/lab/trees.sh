# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian trees, kernels and disk images of the labs: made from packages once, kept in the cache.
# Sourced by run, which sets top, here and cache.

say() { echo "lab: $*" >&2; }

die() {
    say "$*"
    exit 125
}

# words LISTS...: the words of lists with commas, each once
words() { tr -s ', \n' '\n' <<<"$*" | grep . | sort -u; }

# strap_is_there DIRECTORY PACKAGES: whether there is a tree with all of these
strap_is_there() {
    [ -e "$1/.complete" ] &&
        [ -z "$(comm -23 <(words "$2") <(words "$(cat "$1/.complete")"))" ]
}

# make_tree OPTIONS...: what strap() asks for, in DIRECTORY.new
make_tree() {
    rm -rf --one-file-system "$directory.new"
    # A release in the making may have an expired index on a mirror.
    mmdebstrap --mode=root --format=directory --quiet "$@" --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --aptopt='Acquire::Check-Valid-Until "false"' --keyring=/usr/share/keyrings \
        --include="$packages" "$suite" "$directory.new" >"$directory.log" 2>&1
}

# strap SUITE DIRECTORY PACKAGES OPTIONS...: a tree with these packages; never half a one. One that has
# more is good as well: trees of several checkouts may ask for different packages in turn.
strap() {
    local suite=$1 directory=$2 packages=$3 present
    shift 3
    ! strap_is_there "$directory" "$packages" || return 0
    present=$(cat "$directory/.complete" 2>/dev/null)
    packages=$(words "$packages" "$present" | paste -sd,)
    say "making $directory (once; a minute or two)"
    rm -rf --one-file-system "$directory.old"
    # Mirrors fail now and then, and are there again a moment later.
    make_tree "$@" || { sleep 20 && make_tree "$@"; } || {
        tail -n 15 "$directory.log" >&2
        die "cannot make $directory"
    }
    rm -f "$directory.log"
    echo "$packages" >"$directory.new/.complete"
    [ ! -d "$directory" ] || mv "$directory" "$directory.old"
    mv "$directory.new" "$directory"
    rm -rf --one-file-system "$directory.old"
}

# What a release's machine holds besides what Caisson is built and tested with there.
machine_packages='systemd systemd-sysv libpam-systemd systemd-container dbus udev
libvirt-daemon-system kmod apparmor iptables nftables dnsmasq-base mount e2fsprogs xfsprogs quota
openvswitch-switch qemu-utils'

# release_tree SUITE: sets tree, which stays as it is until descriptor 8 is closed
release_tree() {
    local packages
    packages=$("$top/tools/install-dependencies" --print |
        grep -vE '^(mmdebstrap|clang.*|libclang.*)$' | paste -sd,)
    tree=$cache/lab-$1
    exec 8>"$tree.lock"
    # who uses the tree shares the lock; it is made anew when nobody does
    flock -s 8
    if ! strap_is_there "$tree" "$packages,$machine_packages"; then
        flock 8
        strap "$1" "$tree" "$packages,$machine_packages" --variant=minbase
        flock -s 8
    fi
}

# kernel_tree KIND: sets kernel, a tree with the kernel and what runs it, with its own C library,
# so that nothing of it is installed on the host
kernel_tree() {
    kernel=$cache/lab-kernel-$1
    exec 9>"$kernel.lock"
    flock 9
    case $1 in
    uml) strap forky "$kernel" user-mode-linux,libc-bin --variant=extract ;;
    qemu) strap trixie "$kernel" qemu-system-x86,linux-image-cloud-amd64,libc-bin --variant=extract ;;
    esac
    # Unpacked, not installed: nothing has made the links of a merged /usr.
    [ -e "$kernel/lib64" ] || ln -s usr/lib64 "$kernel/lib64"
    [ -e "$kernel/lib" ] || ln -s usr/lib "$kernel/lib"
    mkdir -p "$kernel"/{proc,dev,tmp,lab}
    exec 9>&-
}

# disk_image KIND SUITE: sets image, an ext4 file system with the tuned tree and the kernel's modules
disk_image() {
    local stamp
    image=$cache/lab-$2-$1.img
    stamp=$(cat "$here/tune" "$here/agent" "$tree/.complete" "$kernel/.complete" | cksum)
    exec 9>"$image.lock"
    flock 9
    if [ "$(cat "$image.complete" 2>/dev/null)" != "$stamp" ]; then
        say "making $image"
        rm -f "$image.complete"
        # shellcheck disable=SC2016
        unshare --mount --propagation private bash -eu -c '
            here=$1 tree=$2 kernel=$3 image=$4 work=$4.work
            mkdir -p "$work"
            mount -t tmpfs tmpfs "$work"
            mkdir "$work"/{upper,scratch,root}
            mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
            "$here/tune" "$work/root"
            for modules in "$kernel"/usr/lib/uml/modules/* "$kernel"/usr/lib/modules/*; do
                [ -d "$modules/kernel" ] || continue
                mkdir -p "$work/root/usr/lib/modules"
                cp -a "$modules" "$work/root/usr/lib/modules/"
                chroot "$work/root" depmod "${modules##*/}"
            done
            rm -f "$image.new"
            # no journal, lazy tables: it is written in seconds and thrown away after each boot
            mke2fs -q -t ext4 -O ^has_journal,^resize_inode -E lazy_itable_init=1,nodiscard -m 0 \
                -d "$work/root" "$image.new" 8G
            mv "$image.new" "$image"
        ' image "$here" "$tree" "$kernel" "$image" || die "cannot make $image"
        rmdir "$image.work"
        echo "$stamp" >"$image.complete"
    fi
    exec 9>&-
}

# guest_roots: sets guests, a directory with the Debian roots that tests boot as guests, and
# guests_image, the same as a disk
guest_roots() {
    local stamp roots='bookworm-systemd bookworm-sysvinit trixie-systemd'
    guests=$cache guests_image=$cache/lab-guests.img
    exec 9>"$guests_image.lock"
    flock 9
    (cd "$top/virsh-tests" && CAISSON_TEST_CACHE=$cache PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '
from harness import guest
for init in ("systemd", "sysvinit"):
    guest.debian_root(init)
guest.debian_root("systemd", "trixie")
') || die "cannot make the roots of Debian guests"
    stamp=$(cd "$cache" && for root in $roots; do stat -c '%n %Y' "$root/.complete"; done)
    # one that has more is good as well, and one that a machine is using stays as it is
    if [ -n "$(comm -23 <(sort <<<"$stamp") <(sort "$guests_image.complete" 2>/dev/null))" ]; then
        say "making $guests_image"
        # shellcheck disable=SC2016
        unshare --mount --propagation private bash -eu -c '
            cache=$1 image=$2 work=$2.work
            shift 2
            mkdir -p "$work"
            mount -t tmpfs tmpfs "$work"
            for root; do
                mkdir "$work/$root"
                mount --bind "$cache/$root" "$work/$root"
            done
            rm -f "$image.new"
            mke2fs -q -t ext4 -O ^has_journal,^resize_inode -E lazy_itable_init=1,nodiscard -m 0 \
                -L lab-guests -d "$work" "$image.new" 2G
            mv "$image.new" "$image"
        ' image "$cache" "$guests_image" $roots || die "cannot make $guests_image"
        rmdir "$guests_image.work"
        echo "$stamp" >"$guests_image.complete"
    fi
    exec 9>&-
}

# build_in_tree DIRECTORY: builds programs and plugin, and of tests/ what virsh-tests needs, with the
# tree's compiler and libraries; objects stay in DIRECTORY for the next time
build_in_tree() {
    mkdir -p "$1"
    exec 9>"$1.lock"
    flock 9
    # shellcheck disable=SC2016
    unshare --mount --propagation private bash -eu -c '
        top=$1 tree=$2 build=$3 work=$3.work
        mkdir -p "$work"
        mount -t tmpfs -o mode=755 tmpfs "$work"
        mkdir "$work"/{upper,scratch,root}
        mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
        cd "$work/root"
        mkdir -p src build
        mount --bind -o ro "$top" src
        mount --bind "$build" build
        mount -t proc proc proc
        mount --rbind /dev dev
        mount -t tmpfs tmpfs tmp
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
            chroot . sh -eu -c "
                [ -e /build/build.ninja ] || meson setup /build /src >/build/setup.log || {
                    cat /build/setup.log
                    rm -f /build/build.ninja
                    exit 1
                }
                ninja -C /build --quiet build.ninja >/build/build.log 2>&1 &&
                    ninja -C /build --quiet \$(ninja -C /build -t targets rule c_LINKER |
                    sed -n \"s/: .*//; \\,^tests/[^a],!p\") >/build/build.log 2>&1 || {
                    cat /build/build.log
                    exit 1
                }"
    ' build "$top" "$tree" "$1" >&2 || die "the build in $1 failed"
    rmdir "$1.work"
    exec 9>&-
}
