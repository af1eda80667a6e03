"""The system calls a worker may make: an allow-list as classic BPF, loaded without any library.

Everything unlisted fails with EPERM, so that Python raises an ordinary exception. No process can be made (threads can), no
socket, no memory outside the counted address space (memfd, System V), no namespace, no tracing, no signal to another process.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from functools import cache

from grader.worker import kernel

# Kernel interface constants: include/uapi/linux/{seccomp,audit,prctl,bpf_common}.h
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_NUMBER, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
_CLONE_THREAD = 0x00010000
_CLONE3 = 435

_X86_64 = dict(
    read=0, write=1, open=2, close=3, stat=4, fstat=5, lstat=6, poll=7, lseek=8, mmap=9, mprotect=10, munmap=11, brk=12,
    rt_sigaction=13, rt_sigprocmask=14, rt_sigreturn=15, pread64=17, pwrite64=18, readv=19, writev=20, access=21, pipe=22,
    select=23, sched_yield=24, mremap=25, madvise=28, dup=32, dup2=33, nanosleep=35, getpid=39, exit=60, wait4=61,
    uname=63, fcntl=72, flock=73, fsync=74, ftruncate=77, getdents=78, getcwd=79, chdir=80, rename=82, mkdir=83, rmdir=84,
    unlink=87, readlink=89, umask=95, gettimeofday=96, getrlimit=97, getrusage=98, sysinfo=99, times=100, getuid=102,
    getgid=104, geteuid=107, getegid=108, getppid=110, sigaltstack=131, gettid=186, time=201, futex=202,
    sched_getaffinity=204, getdents64=217, set_tid_address=218, clock_gettime=228, clock_getres=229, clock_nanosleep=230,
    exit_group=231, epoll_wait=232, epoll_ctl=233, mbind=237, get_mempolicy=239, waitid=247, openat=257,
    mkdirat=258, newfstatat=262, unlinkat=263, readlinkat=267, faccessat=269, pselect6=270, ppoll=271,
    set_robust_list=273, fallocate=285, eventfd2=290, epoll_create1=291, dup3=292, pipe2=293,
    getcpu=309, renameat2=316, getrandom=318, membarrier=324, statx=332, rseq=334, faccessat2=439,
    arch_prctl=158,
)  # fmt: skip
_AARCH64 = dict(
    getcwd=17, eventfd2=19, epoll_create1=20, epoll_ctl=21, epoll_pwait=22, dup=23, dup3=24, fcntl=25, flock=32,
    mkdirat=34, unlinkat=35, renameat=38, ftruncate=46, fallocate=47, faccessat=48, chdir=49, openat=56, close=57,
    pipe2=59, getdents64=61, lseek=62, read=63, write=64, readv=65, writev=66, pread64=67, pwrite64=68, pselect6=72,
    ppoll=73, readlinkat=78, newfstatat=79, fstat=80, fsync=82, exit=93, exit_group=94, waitid=95, set_tid_address=96,
    futex=98, set_robust_list=99, nanosleep=101, clock_gettime=113, clock_getres=114,
    clock_nanosleep=115, sched_getaffinity=123, sched_yield=124, sigaltstack=132, rt_sigaction=134,
    rt_sigprocmask=135, rt_sigreturn=139, times=153, uname=160, getrusage=165, umask=166, getcpu=168, gettimeofday=169,
    getpid=172, getppid=173, getuid=174, geteuid=175, getgid=176, getegid=177, gettid=178, sysinfo=179, brk=214,
    munmap=215, mremap=216, mmap=222, mprotect=226, madvise=233, mbind=235, get_mempolicy=236, wait4=260,
    renameat2=276, getrandom=278, membarrier=283, statx=291, rseq=293, faccessat2=439,
)  # fmt: skip

#: what CUDA's library needs beside: it makes an abstract socket to pass a descriptor on by, and gives up where it cannot.
#: Nobody can reach it: connecting and accepting stay refused.
_GPU = {"x86_64": (41, (49, 50)), "aarch64": (198, (200, 201))}  # socket; bind and listen
_AF_UNIX = 1
#: requests to the driver (their type is the letter F), to unified memory (plain numbers, and two of its own)
_NVIDIA, _UVM_LAST, _UVM = 0x4600, 0xFF, (0x30000001, 0x30000002)

#: machine -> (AUDIT_ARCH, allowed calls, clone, ioctl, prctl, tgkill, prlimit64)
_TABLES = {
    "x86_64": (0xC000003E, _X86_64, 56, 16, 157, 234, 302),
    "aarch64": (0xC00000B7, _AARCH64, 220, 29, 167, 131, 261),
}


def supported() -> bool:
    """Whether there is a table for this machine's system calls."""
    return platform.system() == "Linux" and platform.machine() in _TABLES


@cache
def program(pid: int, processes: bool = False, gpu: bool = False) -> bytes:
    """The filter for process `pid` of this machine; it may signal and limit nobody but itself.

    `processes` also lets it fork and execute: for a test runner in a sandbox of its own. `gpu`: it may speak to NVIDIA's driver.
    """
    arch, calls, clone, ioctl, prctl, tgkill, prlimit = _TABLES[platform.machine()]
    code = [_op(_LOAD, _ARCH), _op(_IF_EQUAL, arch, 1, 0), _op(_RETURN, _KILL), _op(_LOAD, _NUMBER)]
    code += [_op(_IF_AT_LEAST, 0x40000000, 0, 1), _op(_RETURN, _KILL)]  # the x32 calls have their own numbers
    socket, listening = _GPU[platform.machine()]
    for number in sorted([*calls.values(), *(listening if gpu else ())]):
        code += [_op(_IF_EQUAL, number, 0, 1), _op(_RETURN, _ALLOW)]
    # clone3 hides its flags behind a pointer; told "no such call", the C library uses clone.
    code += [_op(_IF_EQUAL, _CLONE3, 0, 1), _op(_RETURN, _ENOSYS)]
    if processes:
        code += [_op(_IF_EQUAL, clone, 0, 1), _op(_RETURN, _ALLOW)]
    else:
        code += [_op(_IF_EQUAL, clone, 0, 4), _op(_LOAD, _ARG0), _op(_IF_ANY_BIT, _CLONE_THREAD, 0, 1)]
        code += [_op(_RETURN, _ALLOW), _op(_RETURN, _EPERM)]
    if gpu:
        code += _if_argument(socket, _ARG0, (_AF_UNIX,))
        code += _driver_requests(ioctl)
    code += _if_argument(ioctl, _ARG1, (0x5401, 0x5451))  # TCGETS, FIOCLEX
    code += _if_argument(prctl, _ARG0, (15,))  # PR_SET_NAME: thread pools name their threads
    code += _if_argument(tgkill, _ARG0, (pid,))
    code += _if_argument(prlimit, _ARG0, (0, pid))
    return b"".join([*code, _op(_RETURN, _EPERM)])


def _if_argument(number: int, argument: int, values: tuple[int, ...]) -> list[bytes]:
    """Allow call `number` when the low half of its argument is one of `values`, else refuse it."""
    tests = [_op(_IF_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values)]
    body = [_op(_LOAD, argument), *tests, _op(_RETURN, _EPERM), _op(_RETURN, _ALLOW)]
    return [_op(_IF_EQUAL, number, 0, len(body)), *body]


def _driver_requests(ioctl: int) -> list[bytes]:
    """Allow requests to NVIDIA's driver; others are looked at further, with the call's number loaded again."""
    body = [_op(_LOAD, _ARG1)]
    for value in _UVM:
        body += [_op(_IF_EQUAL, value, 0, 1), _op(_RETURN, _ALLOW)]
    body += [_op(_IF_AT_LEAST, _UVM_LAST + 1, 1, 0), _op(_RETURN, _ALLOW)]
    body += [_op(_AND, 0xFF00), _op(_IF_EQUAL, _NVIDIA, 0, 1), _op(_RETURN, _ALLOW), _op(_LOAD, _NUMBER)]
    return [_op(_IF_EQUAL, ioctl, 0, len(body)), *body]


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def load(filter_program: bytes) -> None:
    """Bind the calling process, and every thread it will have, to the filter. Raises: `OSError`."""
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    header = struct.pack("HxxxxxxQ", len(filter_program) // 8, ctypes.addressof(code))
    kernel.no_new_privileges()
    result = kernel.libc().prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header), 0, 0)
    kernel.check(result, "seccomp")
