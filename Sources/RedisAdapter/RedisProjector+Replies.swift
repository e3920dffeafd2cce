internal import StockCore
internal import StockStream

/// Takes the replies in the order of the requests and tells the state machine.
extension RedisProjector {
    func takeReplies() {
        while let connection {
            switch connection.nextReply() {
            case .idle: return
            case .failed(let reason): return fail(reason)
            case .advanced:
                guard nextExpectation < expectations.count else { return fail("a reply that nothing asked for") }
                take(connection.reply)
            }
        }
    }

    private func take(_ reply: Reply) {
        let expectation = expectations[nextExpectation]
        if case .queued(let count) = expectation, count > 1 {
            expectations[nextExpectation] = .queued(count - 1)
        } else {
            nextExpectation += 1
        }
        if let reason = refusal(reply, expectation) { return fail(reason) }
        answer(reply, expectation)
        guard nextExpectation == expectations.count, connection != nil else { return }
        expectations.removeAll(keepingCapacity: true)
        nextExpectation = 0
        finishRound()
    }

    /// The reason to end the connection; nil: go on. An error where none may come leaves everything behind it in doubt.
    private func refusal(_ reply: Reply, _ expectation: Expectation) -> String? {
        guard reply.kind == .error else { return nil }
        switch expectation {
        case .info, .stream: return nil
        default: return reply.firstError
        }
    }

    private func answer(_ reply: Reply, _ expectation: Expectation) {
        switch expectation {
        case .status, .queued: return
        case .info:
            if reply.kind == .error {
                machine.infoAnswered(nil, refusal: reply.firstError)
            } else if let text = reply.bytes(at: 0) {
                machine.infoAnswered(ServerFacts(info: text))
            }
        case .stream(let partition): machine.streamAnswered(partition, Self.lastID(reply))
        case .watermark(let partition): machine.watermarkAnswered(partition, Self.stored(reply))
        case .exec: executed(reply)
        case .scan(let partition): scanned(partition, reply)
        case .sweep(let index): step.sweepAnswered(index, reply)
        case .locations(let index): step.locationsAnswered(index, reply)
        case .fields: step.fieldsAnswered(reply)
        }
    }

    private func finishRound() {
        switch machine.phase {
        case .greeting: perform(machine.greeted(now: now))
        case .examining(let partition):
            guard machine.examined(partition, removes: !step.removals.isEmpty, now: now) else {
                step = MaintenanceStep()
                return
            }
            sendRemovals(partition)
            write()
        default: machine.roundAnswered(now: now)
        }
    }

    private func executed(_ reply: Reply) {
        if case .batching(let partitions) = machine.phase {
            if reply.errors > 0 {
                for partition in partitions { machine.batchWasPartial(partition, reply.firstError) }
                return fail(reply.firstError)
            }
            if reply.kind == .array {
                for part in encoder.parts { checkFields(part, reply) }
            }
        } else if reply.errors > 0 {
            return fail(reply.firstError)
        } else if case .removing = machine.phase {
            if reply.kind == .array { machine.health.skusRemoved += Int64(step.removals.count(where: \.isWhole)) }
            step = MaintenanceStep()
        }
        machine.executed(reply.kind == .array, now: now)
    }

    /// A hash with more fields than it should have has some of a location that is gone. One with fewer had lost those of locations that
    /// were named as unchanged: somebody removed the key, and nobody knows what else.
    private func checkFields(_ part: BatchEncoder.Part, _ reply: Reply) {
        assert(reply.integers.count >= part.firstInteger + part.skus.count * BatchEncoder.integersPerSKU)
        var remnants: [Remnant] = []
        for (place, index) in part.skus.enumerated() {
            let wanted = encoder.fieldCounts[index]
            let found = reply.integers[part.firstInteger + place * BatchEncoder.integersPerSKU + 1]
            if found < wanted {
                return machine.batchWasPartial(part.batch.partition, "the hash of \(encoder.skus[index]) had lost fields")
            }
            if found > wanted { remnants.append(encoder.remnants[index]) }
        }
        machine.health.skusProjected += Int64(part.skus.count)
        if !remnants.isEmpty { machine.remnantsFound(part.batch.partition, remnants) }
    }

    private func scanned(_ partition: Int32, _ reply: Reply) {
        var members: [Key] = []
        for index in 1..<max(1, reply.strings) {
            let member = reply.bytes(at: index).flatMap { $0.withUnsafeBytes { Key($0) } }
            if let member, !member.isEmpty { members.append(member) }
        }
        let cursor = reply.bytes(at: 0).map(Array.init) ?? ProjectionStateMachine.View.sweepStart
        perform(machine.scanned(partition, next: cursor, members: members, now: now))
    }

    /// The watermark that HMGET brought; nil where there is none, or not a whole one.
    private static func stored(_ reply: Reply) -> ProjectionStateMachine.Stored? {
        guard let incarnation = reply.number(at: 0), let claim = reply.number(at: 1), let batch = reply.number(at: 2),
            let seq = reply.number(at: 3), let next = reply.number(at: 4), let time = reply.number(at: 5)
        else { return nil }
        return ProjectionStateMachine.Stored(
            watermark: Watermark(
                incarnation: incarnation, claim: claim, batch: batch, seq: seq, next: next, timeMilliseconds: time),
            runID: reply.text(at: 6) ?? "", evictedKeys: reply.number(at: 7) ?? 0)
    }

    /// `last-generated-id` of XINFO STREAM; an error means that there is no such stream.
    private static func lastID(_ reply: Reply) -> StreamID {
        guard reply.kind == .array, let name = reply.index(of: "last-generated-id"), let text = reply.text(at: name + 1) else {
            return StreamID()
        }
        let parts = text.split(separator: "-").compactMap { Int64($0) }
        return parts.count == 2 ? StreamID(milliseconds: parts[0], counter: parts[1]) : StreamID()
    }
}
