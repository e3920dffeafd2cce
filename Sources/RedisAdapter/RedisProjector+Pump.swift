internal import StockCore
internal import StockStream

/// Performs what the state machine asks for.
extension RedisProjector {
    /// The most steps that one poll takes.
    private static let stepsPerPoll = 8

    func pump() {
        for _ in 0..<Self.stepsPerPoll {
            if machine.phase == .connecting { advanceConnecting() }
            write()
            read()
            let action = machine.next(now: now)
            perform(action)
            if action == .nothing || !machine.events.isEmpty { return }
        }
    }

    func perform(_ action: ProjectionStateMachine.Action) {
        switch action {
        case .nothing: return
        case .connect: beginConnecting()
        case .greet: sendGreeting()
        case .read(let info, let streams):
            if info { sendInfo() }
            sendRound(streams: streams)
        case .claim(let claims): sendClaims(claims)
        case .scan(let partition, let cursor): sendScan(partition, cursor)
        case .examine(let partition, let keys): sendExamination(partition, keys)
        case .disconnect: disconnect()
        }
        write()
    }

    func fail(_ reason: String) { perform(machine.lost(reason, now: now)) }

    private func disconnect() {
        connection = nil
        resolver = nil
        output.clear()
        encoder.cancel()
        expectations.removeAll(keepingCapacity: true)
        nextExpectation = 0
    }

    func expect(_ expectation: Expectation) { expectations.append(expectation) }

    // MARK: - The socket

    private func beginConnecting() {
        switch settings.endpoint {
        case .unix(let path):
            var failure = ""
            connection = Connection(path: path, failure: &failure)
            if connection == nil { fail(failure) }
        case .tcp(let host, let port):
            if HostResolver.isNumeric(host) { connect(to: host, port) } else { resolver = HostResolver(host: host) }
        }
    }

    private func connect(to address: String, _ port: UInt16) {
        var failure = ""
        connection = Connection(address: address, port: port, failure: &failure)
        if connection == nil { fail(failure) }
    }

    private func advanceConnecting() {
        if let resolver, case .tcp(_, let port) = settings.endpoint {
            switch resolver.current {
            case .pending: return
            case .failed(let reason): return fail(reason)
            case .address(let address):
                self.resolver = nil
                connect(to: address, port)
            }
        }
        guard let connection else { return }
        switch connection.connectProgress() {
        case .idle: return
        case .failed(let reason): fail("can't connect: \(reason)")
        case .advanced: perform(machine.connected(now: now))
        }
    }

    func write() {
        guard let connection, output.pending > 0, !machine.isConnecting, !encoder.isGathering else { return }
        switch connection.write(&output) {
        case .idle: return
        case .advanced: machine.progressed(now: now)
        case .failed(let reason): fail("write failed: \(reason)")
        }
    }

    private func read() {
        guard !machine.isConnecting else { return }
        if nextExpectation == expectations.count {
            guard now >= nextIdleRead else { return }
            nextIdleRead = now + RedisLimits.idleReadIntervalMilliseconds
        }
        var budget = RedisLimits.readBytesPerPoll
        while let connection, budget > 0 {
            switch connection.receive() {
            case .idle: return
            case .failed(let reason): return fail(reason)
            case .advanced:
                machine.progressed(now: now)
                budget -= RedisLimits.readChunkBytes
                takeReplies()
            }
        }
    }

    // MARK: - Requests

    private func sendGreeting() {
        if let password = settings.password {
            output.command(settings.user == nil ? 2 : 3)
            output.bulk("AUTH")
            if let user = settings.user { output.bulk(Array(user.utf8)) }
            output.bulk(Array(password.utf8))
            expect(.status)
        }
        if settings.database != 0 {
            output.command(2)
            output.bulk("SELECT")
            output.bulk(Int64(settings.database))
            expect(.status)
        }
        sendInfo()
    }

    private func sendInfo() {
        output.raw("*1\r\n$4\r\nINFO\r\n")
        expect(.info)
    }

    /// Watches and reads the watermarks. `streams`: the partitions whose change stream's last id is asked for before; nil: behind an
    /// EXEC, where only partitions whose stream is known are read.
    func sendRound(streams: [Int32]?) {
        for partition in streams ?? [] {
            output.raw("*3\r\n$5\r\nXINFO\r\n$6\r\nSTREAM\r\n")
            output.bulk(keys.changes(partition))
            expect(.stream(partition))
        }
        let partitions = machine.views.filter { $0.knowsStream || streams != nil }.map { keys.watermark($0.partition) }
        guard !partitions.isEmpty else { return }
        output.raw("*1\r\n$7\r\nUNWATCH\r\n")
        output.command(1 + partitions.count)
        output.bulk("WATCH")
        for key in partitions { output.bulk(key) }
        expect(.status)
        expect(.status)
        for view in machine.views where view.knowsStream || streams != nil {
            output.raw("*10\r\n$5\r\nHMGET\r\n")
            output.bulk(keys.watermark(view.partition))
            output.raw("$11\r\nincarnation\r\n$5\r\nclaim\r\n$5\r\nbatch\r\n$3\r\nseq\r\n$4\r\nnext\r\n$4\r\ntime\r\n")
            output.raw("$6\r\nserver\r\n$11\r\nevictedKeys\r\n")
            expect(.watermark(view.partition))
        }
    }

    private func sendClaims(_ claims: [ProjectionStateMachine.Claim]) {
        output.raw("*1\r\n$5\r\nMULTI\r\n")
        expect(.status)
        for view in machine.views {
            guard let claim = view.pendingClaim else { continue }
            output.raw("*18\r\n$4\r\nHSET\r\n")
            output.bulk(keys.watermark(view.partition))
            output.fields(of: claim.watermark)
            output.raw("$6\r\nserver\r\n")
            output.bulk(Array(claim.runID.utf8))
            output.field("$11\r\nevictedKeys\r\n", claim.evictedKeys)
            output.raw("*3\r\n$4\r\nSADD\r\n")
            output.bulk(keys.partitions)
            output.bulk(Int64(view.partition))
        }
        expect(.queued(claims.count * 2))
        output.raw("*1\r\n$4\r\nEXEC\r\n")
        expect(.exec)
        sendRound(streams: nil)
    }

    // MARK: - Sweep and clean-up

    private func sendScan(_ partition: Int32, _ cursor: [UInt8]) {
        output.raw("*5\r\n$5\r\nSSCAN\r\n")
        output.bulk(keys.skus(partition))
        output.bulk(cursor)
        output.raw("$5\r\nCOUNT\r\n")
        output.bulk(Int64(RedisLimits.maintenanceSKUs))
        expect(.scan(partition))
        step = MaintenanceStep()
        step.isSweep = true
    }

    private func sendExamination(_ partition: Int32, _ examined: [Key]) {
        if !step.isSweep { step = MaintenanceStep() }
        step.keys = examined
        let view = machine.index(of: partition).map { machine.views[$0] }
        step.incarnation = view?.incarnation ?? 0
        if !step.isSweep { step.remnants = view.map { Array($0.remnants.prefix(examined.count)) } ?? [] }
        assert(step.isSweep || step.remnants.map(\.sku) == examined)
        for (index, sku) in examined.enumerated() {
            if step.isSweep {
                output.raw("*4\r\n$5\r\nHMGET\r\n")
                output.bulk(keys.sku, sku)
                output.raw("$11\r\nincarnation\r\n$9\r\nlocations\r\n")
                expect(.sweep(index))
            } else {
                output.raw("*5\r\n$5\r\nHMGET\r\n")
                output.bulk(keys.sku, sku)
                output.raw("$9\r\nlocations\r\n$7\r\nversion\r\n$11\r\nincarnation\r\n")
                output.raw("*2\r\n$5\r\nHKEYS\r\n")
                output.bulk(keys.sku, sku)
                expect(.locations(index))
                expect(.fields)
            }
        }
    }

    func sendRemovals(_ partition: Int32) {
        let commands = step.encode(partition: partition, keys: keys, to: &output)
        expect(.status)
        expect(.queued(commands))
        expect(.exec)
        sendRound(streams: nil)
    }
}

extension ProjectionStateMachine {
    /// Whether there is no connection that requests could go through.
    var isConnecting: Bool {
        switch phase {
        case .disconnected, .connecting: true
        default: false
        }
    }

    /// Whether the server has answered on this connection: a frozen one still takes connections.
    var hasAnswered: Bool { !isConnecting && phase != .greeting }
}
