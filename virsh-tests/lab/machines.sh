# SPDX-License-Identifier: LGPL-2.1-or-later
# Booting the machines of the labs. Each function starts one in the background and sets machine, the
# pid whose end by SIGKILL is the end of all that belongs to it. Sourced by run; job is the directory
# with in.tar.

boot_uml() {
    # A private pid and mount namespace: when its first process goes, everything goes with it. User
    # Mode Linux cannot be that process: its abort() would be ignored, and a panic hang forever.
    # Its memory is a file, which is slow anywhere but in memory.
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child=KILL --propagation private sh -c '
        kernel=$1 cache=$2
        shift 2
        mount -t proc proc "$kernel/proc"
        mount --rbind /dev "$kernel/dev"
        mkdir -p "$kernel$cache"
        mount --bind "$cache" "$kernel$cache"
        TMPDIR=/dev/shm chroot "$kernel" /usr/bin/linux.uml "$@" &
        wait $!' uml "$kernel" "$cache" \
        "mem=$memory" "ubd0=$job/disk,$image" ${guests_image:+"ubd1r=$guests_image"} root=/dev/ubda rw \
        con=null con0=null,fd:2 ssl=null umid=lab "uml_dir=$job" quiet panic=-1 seccomp=auto \
        security=apparmor systemd.unit=lab.target "lab_dir=$job" \
        </dev/null >"$job/kernel" 2>&1 &
    machine=$!
}

boot_qemu() {
    local libraries=$kernel/usr/lib/x86_64-linux-gnu arguments
    arguments="console=ttyS0 root=/dev/nvme0n1 rw quiet panic=-1 mitigations=off nokaslr"
    arguments="$arguments net.ifnames=0 security=apparmor systemd.unit=lab.target"
    local -a roots=()
    # a kernel that panics reboots, too
    local -a once=(-no-reboot)
    [ "$boots" = 1 ] || once=()
    [ -z "$guests_image" ] || roots=(-drive file="$guests_image,if=none,id=guests,format=raw,readonly=on,file.locking=off"
        -device virtio-blk-pci,drive=guests)
    truncate -s 1G "$job/out.tar"
    # The root is on NVMe, whose driver is built into Debian's kernel: no initramfs is needed.
    TMPDIR=$job "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" \
        "$kernel/usr/bin/qemu-system-x86_64" -L "$kernel/usr/share/qemu" \
        -L "$kernel/usr/share/seabios" -accel tcg,thread=multi,tb-size=512 -M q35 \
        -cpu max,la57=off -smp 2 -m "$memory" -nodefaults -no-user-config -display none "${once[@]}" \
        -kernel "$(echo "$kernel"/boot/vmlinuz-*)" -append "$arguments" \
        -serial file:"$job/kernel" -device virtio-rng-pci -device virtio-serial-pci \
        -drive file="$image",if=none,id=root,format=raw,snapshot=on,cache=unsafe,file.locking=off \
        -device nvme,serial=root,drive=root \
        -drive file="$job/in.tar",if=none,id=in,format=raw,readonly=on \
        -device virtio-blk-pci,drive=in \
        -drive file="$job/out.tar",if=none,id=out,format=raw,cache=unsafe \
        -device virtio-blk-pci,drive=out \
        "${roots[@]}" \
        -chardev file,id=console,path="$job/console" \
        -device virtserialport,chardev=console,name=lab.console \
        -chardev file,id=status,path="$job/status" \
        -device virtserialport,chardev=status,name=lab.status \
        </dev/null >>"$job/qemu" 2>&1 &
    machine=$!
}

# One group per hierarchy below our own, in which nspawn makes groups of the container: it would make
# them at the top of the host's otherwise.
own_groups=()

make_groups() {
    local controllers path name directory file
    while IFS=: read -r _ controllers path; do
        case $controllers in
        '') name=unified ;;
        *) name=${controllers#name=} ;;
        esac
        [ "$name" = unified ] && [ -e /sys/fs/cgroup/cgroup.procs ] && name=.
        directory=/sys/fs/cgroup/$name${path%/}/${job##*/}
        mkdir "$directory" 2>/dev/null || continue
        own_groups+=("$directory")
        for file in cpuset.cpus cpuset.mems; do
            [ ! -e "$directory/$file" ] || cat "${directory%/*}/$file" >"$directory/$file"
        done
        [ ! -e "$directory/cpuset.cpus" ] || echo 1 >"$directory/cgroup.clone_children"
    done </proc/self/cgroup 2>/dev/null
}

# enter_groups COMMAND...: becomes the command, in the groups; for a process of its own
enter_groups() {
    local directory
    for directory in "${own_groups[@]}"; do
        echo "$BASHPID" >"$directory/cgroup.procs"
    done
    exec "$@"
}

remove_groups() {
    local directory tries
    for directory in "${own_groups[@]}"; do
        tries=100
        # processes that were killed take their time to leave
        while [ -d "$directory" ] && [ $((tries -= 1)) -gt 0 ]; do
            find "$directory" -depth -type d -execdir rmdir {} \; 2>/dev/null
            sleep 0.1
        done
        [ $tries -gt 0 ] || say "cannot remove $directory"
    done
    own_groups=()
}

boot_nspawn() {
    make_groups
    mkdir -m 1777 "$job/tmp"
    # nspawn mounts v1 hierarchies read-only, though they are the container's own.
    # shellcheck disable=SC2016
    enter_groups unshare --mount --pid --fork --kill-child=KILL --mount-proc --propagation private \
        bash -eu -c '
        here=$1 tree=$2 job=$3 guests=$4 work=$3/work
        mkdir "$work"
        mount -t tmpfs tmpfs "$work"
        mkdir "$work"/{upper,scratch,root}
        # nspawn keeps notes there
        mount -t tmpfs tmpfs /run
        mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
        "$here/tune" "$work/root"
        printf "%s\n" "#!/bin/sh" "for mount in /sys/fs/cgroup/*/; do" \
            "    mount -o remount,rw,bind \$mount" "done 2>/dev/null" \
            "mknod /dev/loop-control c 10 237" \
            "for number in \$(seq 0 255); do mknod /dev/loop\$number b 7 \$number; done" \
            "exec /lib/systemd/systemd systemd.unit=lab.target" >"$work/root/lab-init"
        chmod 755 "$work/root/lab-init"
        # The host need not have systemd-nspawn: the tree has one. Its filter of system calls would be that
        # of all guests.
        export SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 SYSTEMD_SECCOMP=0
        run=(systemd-nspawn)
        if ! command -v systemd-nspawn >/dev/null; then
            library=$tree/usr/lib/x86_64-linux-gnu
            run=("$library/ld-linux-x86-64.so.2" --library-path "$library:$library/systemd" "$tree/usr/bin/systemd-nspawn")
        fi
        # With --keep-unit it leaves with 133 when the container reboots, for a service manager to start it anew.
        status=133
        while [ $status = 133 ]; do
            "${run[@]}" --quiet --directory "$work/root" --machine lab --register=no --keep-unit \
                --bind="$job:/lab.host:norbind" --bind="$guests:/lab.guests:norbind" --bind=/dev/fuse --capability=all \
                --private-network --console=pipe --setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
                --kill-signal=SIGRTMIN+4 /lab-init &
            status=0
            wait $! || status=$?
        done' nspawn "$here" "$tree" "$job" "$guests" </dev/null >"$job/kernel" 2>&1 &
    machine=$!
}
