import Glibc

extension MetricsText {
    /// Adds what every Prometheus client tells about its process: memory, processor time, descriptors, threads and start, under their usual
    /// names. What the system does not tell is left out.
    public mutating func addProcess() {
        if let statistics = ProcessStatistics.read() {
            counter("process_cpu_seconds_total", help: "User and system processor time in seconds.", statistics.cpuSeconds)
            gauge("process_resident_memory_bytes", help: "Resident memory in bytes.", statistics.residentBytes)
            gauge("process_virtual_memory_bytes", help: "Virtual memory in bytes.", statistics.virtualBytes)
            gauge("process_threads", help: "Threads.", statistics.threads)
            if let start = statistics.startSeconds {
                gauge("process_start_time_seconds", help: "Start in seconds since 1970.", start)
            }
        }
        if let count = ProcessStatistics.openDescriptors() { gauge("process_open_fds", help: "Open file descriptors.", count) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauge("process_max_fds", help: "Most open file descriptors.", UInt64(limit.rlim_cur))
        }
    }
}

/// What /proc tells about this process.
private struct ProcessStatistics {
    var cpuSeconds: Double
    var residentBytes: Int64
    var virtualBytes: Int64
    var threads: Int64
    var startSeconds: Double?

    /// Reads /proc/self/stat (proc(5)). The name in it is in parentheses and may hold anything, so fields count from behind the last one.
    static func read() -> ProcessStatistics? {
        guard let text = readText("/proc/self/stat"), let parenthesis = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: parenthesis)...].split(separator: " ").map { Int64($0) ?? 0 }
        // Field 3 of the manual, the state, is the first here: utime 14, stime 15, num_threads 20, starttime 22, vsize 23, rss 24.
        guard fields.count >= 22 else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ProcessStatistics(
            cpuSeconds: Double(fields[11] + fields[12]) / ticks, residentBytes: fields[21] * Int64(sysconf(Int32(_SC_PAGESIZE))),
            virtualBytes: fields[20], threads: fields[17], startSeconds: bootSeconds().map { $0 + Double(fields[19]) / ticks })
    }

    private static func bootSeconds() -> Double? {
        guard let text = readText("/proc/stat") else { return nil }
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }) else { return nil }
        return Double(line.dropFirst("btime ".count))
    }

    static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 3  // itself, "." and ".."
    }

    private static func readText(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
