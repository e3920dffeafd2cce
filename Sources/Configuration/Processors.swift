import Glibc

/// The processors that are online; at least 1. (A container's share of time, as opposed to its processors, is not in it.)
func availableProcessors() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
