// SPDX-License-Identifier: MIT
// Lists are generous: a right answer in any design must pass. A "*" at the end
// stands for any rest of the name. A name that stands in `refused` is refused
// in whatever group it also stands.
#include "read/symbols.h"

#include <string.h>

struct group {
    const char *name;
    const char *symbols; // separated by blanks
};

static const struct group groups[] = {
    {"c",
     // memory and strings
     "malloc calloc realloc reallocarray free aligned_alloc posix_memalign "
     "memalign malloc_usable_size mem* mempcpy __mem* __str* str* stpcpy "
     "stpncpy __stpcpy* __strdup bcopy bzero explicit_bzero index rindex "
     "basename __xpg_basename dirname ffs ffsl ffsll wcs* wmem* "
     // stdlib, ctype, search
     "abs labs llabs div ldiv lldiv atoi atol atoll atof __isoc* "
     "qsort qsort_r bsearch rand srand rand_r random srandom random_r "
     "drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand48 lcong48 "
     "getrandom getentropy arc4random* a64l swab is* to* __ctype_* "
     "__tolower* __toupper* lfind lsearch hcreate* hsearch* hdestroy* tsearch "
     "tfind tdelete twalk* tdestroy insque remque getenv secure_getenv "
     "mb* wc* btowc wctob "
     // stdio on the standard streams, and into memory
     "printf fprintf vprintf vfprintf sprintf snprintf vsprintf vsnprintf "
     "asprintf vasprintf dprintf vdprintf __*printf_chk puts fputs putchar "
     "putc fputc putchar_unlocked putc_unlocked fwrite fwrite_unlocked fread "
     "fflush perror stdin stdout stderr getchar getc fgetc ungetc fgets "
     "getline getdelim scanf fscanf sscanf vsscanf vscanf ferror feof clearerr "
     "fileno setvbuf setbuf setlinebuf flockfile funlockfile ftrylockfile "
     "fmemopen open_memstream fclose fdopen fseek fseeko ftell ftello rewind "
     "_IO_putc _IO_getc __fpurge "
     // time
     "time clock difftime clock_gettime clock_getres clock_nanosleep nanosleep "
     "sleep usleep gettimeofday localtime_r gmtime_r localtime gmtime mktime "
     "timegm strftime asctime* ctime* tzset timespec_get clock_getcpuclockid "
     "getrusage times "
     // mathematics
     "a*sin a*cos a*tan sin* cos* tan* asin* acos* atan* exp* log* pow* sqrt* "
     "cbrt* hypot* fabs* floor* ceil* round* trunc* rint* nearbyint* lround* "
     "llround* lrint* llrint* fmod* remainder* remquo* modf* frexp* ldexp* "
     "scalb* ilogb* fma* fmax* fmin* fdim* copysign* nan* nextafter* "
     "nexttoward* erf* tgamma* lgamma* __fpclassify* __isnan* __isinf* "
     "__finite* __signbit* fe* __mul*3 __div*3 __udiv* __umod* "
     // errors, checks, what the compiler itself calls
     "__errno_location strerror* __xpg_strerror_r error __assert* "
     "__stack_chk_fail __chk_fail __fortify_fail _GLOBAL_OFFSET_TABLE_ "
     "__tls_get_addr __memcpy_chk __*_chk __popcount* __clz* __ctz* __atomic_* "
     "__sync_* abort __explicit_bzero_chk __sched_cpu* __fdelt_chk "
     "__fdelt_warn "
     "program_invocation_name program_invocation_short_name environ "
     // descriptors: pipes, events, polling
     "pipe pipe2 eventfd eventfd_read eventfd_write timerfd_* poll ppoll "
     "select pselect epoll_* __poll_chk __ppoll_chk read write readv writev "
     "pread pwrite __read_chk close close_range dup dup2 dup3 fcntl fcntl64 "
     "ioctl fstat isatty splice tee vmsplice fsync "
     // what a program may ask of the system
     "getpid getppid gettid getuid geteuid getgid getegid sysconf getpagesize "
     "get_nprocs get_nprocs_conf sched_yield sched_getcpu sched_getaffinity "
     "sched_setaffinity sched_get_priority_* getcpu getpriority uname "
     "gethostname getloadavg sysinfo "},
    {"threads",
     "pthread_create pthread_join pthread_tryjoin_np pthread_timedjoin_np "
     "pthread_clockjoin_np pthread_detach pthread_self pthread_equal "
     "pthread_exit pthread_once pthread_attr_* pthread_getattr_np "
     "pthread_mutex_* pthread_mutexattr_* pthread_cond_* pthread_condattr_* "
     "pthread_rwlock_* pthread_rwlockattr_* pthread_spin_* pthread_barrier_* "
     "pthread_barrierattr_* pthread_key_create pthread_key_delete "
     "pthread_getspecific pthread_setspecific pthread_setname_np "
     "pthread_getname_np pthread_setaffinity_np pthread_getaffinity_np "
     "pthread_getcpuclockid pthread_setschedparam pthread_getschedparam "
     "pthread_setschedprio pthread_setconcurrency pthread_getconcurrency "
     "pthread_setcancelstate pthread_setcanceltype pthread_testcancel "
     "pthread_yield pthread_sigmask sigemptyset sigfillset sigaddset sigdelset "
     "sigismember __pthread_* __sigsetjmp __sigsetjmp_cancel "
     "_pthread_cleanup_* "
     "sem_init sem_destroy sem_wait sem_trywait sem_timedwait sem_clockwait "
     "sem_post sem_getvalue"},
    {"processes",
     "exit fork vfork _Fork _exit _Exit wait waitpid waitid wait3 wait4 kill "
     "killpg "
     "raise signal sigaction sigprocmask sigsuspend sigpending sigwait "
     "sigwaitinfo sigtimedwait sigqueue signalfd alarm setitimer getitimer "
     "pause psignal strsignal sigabbrev_np sigdescr_np __libc_current_sigrt* "
     "mmap mmap64 munmap msync madvise socketpair memfd_create ftruncate "
     "ftruncate64 lseek lseek64 shm_open shm_unlink sem_open sem_close "
     "sem_unlink send recv sendmsg recvmsg shutdown setpgid getpgid getpgrp "
     "setsid getsid pidfd_* fflush_unlocked nice setpriority "
     "pthread_atfork __register_atfork lockf flock mlock munlock"},
    {"sockets",
     "socket socketpair connect bind listen accept accept4 send sendto sendmsg "
     "sendmmsg recv recvfrom recvmsg recvmmsg shutdown setsockopt getsockopt "
     "getsockname getpeername getaddrinfo freeaddrinfo gai_strerror "
     "getnameinfo inet_* htons htonl ntohs ntohl in6addr_* if_nametoindex "
     "signal sigaction sendfile sendfile64 __recv_chk __recvfrom_chk"},
    {"curl", "curl_*"},
    {"exec",
     "execl execlp execle execv execve execvp execvpe fexecve posix_spawn* "
     "open open64 openat openat64 access stat lstat chdir unlink mkstemp*"},
    {"files",
     "open open64 openat openat64 creat fopen fopen64 freopen access stat "
     "stat64 "
     "lstat fstatat unlink rename mkstemp* tmpfile mkdtemp lseek lseek64 "
     "ftruncate mmap munmap"},
    {"cancel", "pthread_cancel pthread_kill"},
    {"contexts", "getcontext setcontext makecontext swapcontext mmap munmap "
                 "mprotect sigaltstack"},
    // What an exercise's own headers and exercises/lib offer.
    {"lib", "bank_step_hook do_math split_range split_grain h1_text lp_*"},
};

static const char *const always[] = {"c", "threads", "lib"};

// Refused unless the group `unless` is open.
static const struct {
    const char *symbols;
    const char *unless; // a group, or NULL
    const char *reason; // after "`NAME` "
} refused[] = {
    {"thrd_* mtx_* cnd_* tss_* call_once", NULL,
     "is from <threads.h>, under which the race detector crashes; use the "
     "pthread_ function of the same purpose"},
    {"syscall", NULL,
     "makes system calls that the grader cannot follow; use the function of "
     "the "
     "C library, or an eventfd where you want a futex"},
    {"__tsan_* __asan_* __lsan_* __ubsan_* __sanitizer_* __msan_* __hwasan_* "
     "__sancov* Annotate* __cyg_profile* __gcov*",
     NULL, "belongs to the tools that check your answer"},
    {"dl* _dl_* __libc_dl*", NULL, "loads code that the grader cannot check"},
    {"exec* fexecve posix_spawn* system popen pclose", "exec",
     "starts another program, which has no place in this exercise"},
    {"exit quick_exit", "processes",
     "ends the whole process, the test's too; return from your function "
     "instead"},
    {"atexit on_exit at_quick_exit __cxa_* __gmon*", NULL,
     "would run code of yours after the test is over"},
    {"atomic_thread_fence atomic_signal_fence", NULL,
     "is a fence, which the race detector does not understand; give the "
     "atomic operations themselves the order (memory_order_acquire, "
     "memory_order_release)"},
    {"ptrace prctl arch_prctl personality process_vm_* process_madvise "
     "process_mrelease pidfd_getfd kcmp unshare setns mount umount* chroot "
     "pivot_root bpf perf_event_open userfaultfd io_uring* reboot clone clone3 "
     "__clone*",
     NULL, "reaches into the system or into other processes"},
    {"mprotect pkey_* mremap remap_file_pages brk sbrk", "contexts",
     "changes the process's memory behind the checking tools' back"},
    {"setrlimit* prlimit* setrlimit64 prlimit64", NULL,
     "changes the limits under which the test runs"},
    {"setjmp _setjmp longjmp _longjmp siglongjmp __longjmp* __siglongjmp* "
     "sigsetjmp",
     NULL, "can leave a function past its unlocks and past the test itself"},
    {"getcontext setcontext makecontext swapcontext sigaltstack", "contexts",
     "switches stacks behind the checking tools' back"},
    {"open open64 openat openat64 creat fopen fopen64 freopen opendir "
     "fdopendir "
     "readdir* scandir* nftw ftw glob unlink unlinkat rename renameat* remove "
     "mkdir rmdir link symlink readlink* truncate* access faccessat stat "
     "stat64 "
     "lstat chmod chown chdir fchdir tmpfile* tmpnam mkstemp* mkdtemp mktemp "
     "realpath __open* __realpath* fts_* inotify_* fanotify_*",
     "files", "works with files, which this exercise needs none of"},
    {"signal sigaction sigprocmask sigsuspend sigwait sigwaitinfo sigtimedwait "
     "signalfd alarm setitimer raise kill killpg sigqueue bsd_signal "
     "sysv_signal "
     "__sysv_signal timer_create timer_settime timer_delete pause psignal",
     "processes", "works with signals, which this exercise needs none of"},
    {"fork vfork _Fork wait waitpid waitid wait3 wait4 _exit _Exit",
     "processes", "works with processes, which this exercise needs none of"},
    {"mmap mmap64 munmap msync memfd_create shm_open shm_unlink", "processes",
     "maps memory of its own; malloc is enough in this exercise"},
    {"socket connect bind listen accept* sendto recvfrom getaddrinfo",
     "sockets", "opens a network connection, which this exercise does without"},
    {"curl_global_*", NULL,
     "is for the program that calls your functions, which has done it already"},
    {"curl_*", "curl", "belongs to libcurl, which is not linked here"},
    {"pthread_cancel pthread_kill", "cancel",
     "stops a thread from outside, wherever it is; let the thread find out "
     "itself that it should end"},
    {"setenv unsetenv putenv clearenv setuid setgid seteuid setegid setreuid "
     "setgroups daemon umask sethostname settimeofday clock_settime "
     "adjtime* stime",
     NULL, "changes the environment of the test"},
    {"gets", NULL, "cannot be used safely"},
    {"__libc_start_main main _start _init _fini", NULL,
     "belongs to the program that tests your answer"},
    {"lp_use_* lp_steps lp_fibre_* lp_fds_* lp_calls_* ck_* _ck_* tcase_* "
     "suite_* "
     "srunner_* lk_* wb_* table_* record_* canary_* "
     "watch_* symbols_* reports_*",
     NULL, "belongs to the tests, not to your answer"},
};

// What an answer must not define itself, with any linkage that others see:
// whoever replaces these replaces what the tools watch. Other names of libc
// (index, remove …) are harmless: they stay inside the answer.
static const char reserved[] =
    "pthread_* sem_* thrd_* mtx_* cnd_* malloc calloc realloc reallocarray "
    "free "
    "aligned_alloc posix_memalign memalign memcpy memset memmove memcmp strlen "
    "strcpy strcmp strdup strndup printf fprintf snprintf puts read write "
    "close "
    "pipe pipe2 eventfd eventfd_* poll select epoll_* socket connect send recv "
    "fork vfork wait waitpid waitid kill signal sigaction mmap munmap exit "
    "_exit "
    "_Exit abort atexit clock_gettime gettimeofday time clock nanosleep usleep "
    "sleep sched_yield getpid syscall dlopen dlsym dlclose exec* __* main "
    "curl_* "
    "ck_* _ck_* lk_* wb_* lp_* Annotate* bank_step_hook do_math split_range "
    "split_grain h1_text";

static bool word_matches(const char *word, size_t length, const char *name) {
    g_autofree char *pattern = g_strndup(word, length);
    if (memchr(word, '*', length) == NULL)
        return g_str_equal(pattern, name);
    return g_pattern_match_simple(pattern, name);
}

// Whether NAME matches one of the words of LIST.
static bool list_has(const char *list, const char *name) {
    for (const char *at = list + strspn(list, " "); *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (word_matches(at, length, name))
            return true;
        at += length;
        at += strspn(at, " ");
    }
    return false;
}

static bool is_open(const char *group, const char *const *allow) {
    for (guint i = 0; i < G_N_ELEMENTS(always); i++)
        if (g_str_equal(always[i], group))
            return true;
    return allow != NULL && g_strv_contains(allow, group);
}

// Whether a group that is open only by name lists NAME.
static bool is_granted(const char *name, const char *const *allow) {
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++)
        if (is_open(groups[i].name, allow) && list_has(groups[i].symbols, name))
            return true;
    return false;
}

bool symbols_allowed(const char *name, const char *const *allow) {
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (!list_has(refused[i].symbols, name))
            continue;
        if (refused[i].unless == NULL || !is_open(refused[i].unless, allow)) {
            // Another open group may list it by name: munmap in "contexts".
            bool other = refused[i].unless != NULL && allow != NULL &&
                         *allow != NULL && is_granted(name, allow);
            if (!other)
                return false;
        }
    }
    return is_granted(name, allow);
}

const char *symbols_reason(const char *name) {
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++)
        if (list_has(refused[i].symbols, name))
            return refused[i].reason;
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++)
        if (list_has(groups[i].symbols, name))
            return "is for other exercises; this one does without";
    return NULL;
}

bool symbols_reserved(const char *name) {
    return list_has(reserved, name);
}

bool symbols_is_group(const char *group) {
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++)
        if (g_str_equal(groups[i].name, group))
            return true;
    return false;
}
