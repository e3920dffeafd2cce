import Foundation
import HTTPAdapter
import Synchronization
import Telemetry
import Testing

/// A server on a free port of the loopback, with counted calls.
func withServer<Result>(
    limits: MetricsServer.Limits = .init(), isReady: Bool = true, metrics: String = "stock_up 1\n", _ body: (MetricsServer) throws -> Result
) throws -> Result {
    let server = try MetricsServer(
        host: "127.0.0.1", port: 0,
        routes: .init(
            metrics: { HTTPResponse(status: 200, contentType: MetricsText.contentType, body: Array(metrics.utf8)) },
            live: { HealthReport().response() },
            ready: { HealthReport([.init("kafka", isReady ? .pass : .fail, reason: isReady ? "" : "not assigned")]).response() },
            version: { .version(name: "stock", version: "1.2.3") }),
        limits: limits)
    defer { server.stop() }
    return try body(server)
}

@Suite struct RouteTests {
    @Test func everyRouteAnswers() throws {
        try withServer { server in
            for (path, type, body) in [
                ("/metrics", "text/plain; version=0.0.4; charset=utf-8", "stock_up 1\n"),
                ("/livez", "application/health+json", #"{"status":"pass","checks":{}}"# + "\n"),
                ("/readyz", "application/health+json", #"{"status":"pass","checks":{"kafka":[{"status":"pass"}]}}"# + "\n"),
                ("/version", "application/json", #"{"name":"stock","version":"1.2.3"}"# + "\n"),
                ("/metrics?match=x&y", "text/plain; version=0.0.4; charset=utf-8", "stock_up 1\n"),
            ] {
                let client = try RawClient(port: server.port)
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try #require(client.readAnswer())
                #expect(answer.status == 200)
                #expect(answer.body == body)
                #expect(answer.headers["content-type"] == type)
                #expect(answer.headers["content-length"] == String(body.utf8.count))
                #expect(answer.headers["cache-control"] == "no-store")
            }
        }
    }

    @Test func notReadyIs503WithTheReason() throws {
        try withServer(isReady: false) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(client.readAnswer())
            #expect(answer.status == 503)
            #expect(answer.body == #"{"status":"fail","checks":{"kafka":[{"status":"fail","output":"not assigned"}]}}"# + "\n")
        }
    }

    @Test func headIsGetWithoutItsBodyAndTheConnectionGoesOn() throws {
        try withServer { server in
            let client = try RawClient(port: server.port)
            client.send("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try #require(client.readAnswer(isHead: true))
            #expect(head.status == 200 && head.headers["content-length"] == "11")
            client.send("GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try #require(client.readAnswer()).body.contains("1.2.3"), "nothing of a body was sent")
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        try withServer { server in
            let client = try RawClient(port: server.port)
            client.send("GET /version HTTP/1.1\r\nHost: a\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try #require(client.readAnswer()).body.contains("1.2.3"))
            #expect(try #require(client.readAnswer()).body == "stock_up 1\n")
            #expect(client.readToEnd() == "")
        }
    }

    @Test func oldProtocolIsAnswered() throws {
        try withServer { server in
            let client = try RawClient(port: server.port)
            client.send("GET /metrics HTTP/1.0\r\n\r\n")
            #expect(client.readToEnd()?.hasSuffix("stock_up 1\n") == true)
        }
    }

    @Test func unknownPathsAre404() throws {
        try withServer { server in
            for path in [
                "/", "/metric", "/metrics/", "//metrics", "/METRICS", "/metrics%00", "/metrics%00x", "/%2e%2e/metrics", "/metrics%", "*",
            ] {
                let client = try RawClient(port: server.port)
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try #require(client.readAnswer())
                #expect(answer.status == 404, "\(path)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                let problem = try #require(JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
                #expect(
                    problem["status"] as? Int == 404 && problem["type"] as? String == "about:blank"
                        && problem["title"] as? String == "Not Found")
            }
        }
    }

    @Test func otherMethodsAre405() throws {
        try withServer { server in
            for request in [
                "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                "PUT /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                "DELETE /readyz HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS /version HTTP/1.1\r\nHost: a\r\n\r\n",
                "BREW /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ] {
                let client = try RawClient(port: server.port)
                client.send(request)
                let answer = try #require(client.readAnswer())
                #expect(answer.status == 405, "\(request)")
                #expect(answer.headers["allow"] == "GET, HEAD")
                #expect(answer.headers["connection"]?.lowercased() == "close")
                #expect(client.readToEnd() == "", "one request, one answer")
            }
        }
    }

    @Test func clientsOfOthersAreAnswered() throws {
        let curl = "/usr/bin/curl"
        guard FileManager.default.isExecutableFile(atPath: curl) else {
            print("skipped: curl is not installed")
            return
        }
        try withServer { server in
            for (arguments, wanted) in [
                (["-sS"], "stock_up 1\n"), (["-sS", "-I"], "Content-Length: 11"), (["-sS", "--http1.0"], "stock_up 1\n"),
            ] {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: curl)
                process.arguments = arguments + ["--noproxy", "*", "--max-time", "10", "http://127.0.0.1:\(server.port)/metrics"]
                let output = Pipe()
                process.standardOutput = output
                try process.run()
                let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
                process.waitUntilExit()
                #expect(process.terminationStatus == 0 && text.contains(wanted), "\(text)")
            }
        }
    }

    @Test func manyClientsAtOnce() async throws {
        let calls = Mutex(0)
        let server = try MetricsServer(
            host: "127.0.0.1", port: 0,
            routes: .init(
                metrics: {
                    calls.withLock { $0 += 1 }
                    return .text(String(repeating: "x", count: 100_000))
                }, live: { .text("") }, ready: { .text("") }, version: { .text("") }))
        let port = server.port
        let complete = await withTaskGroup(of: Int.self, returning: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<25).count { _ in
                        guard let client = try? RawClient(port: port) else { return false }
                        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        return client.readToEnd()?.hasSuffix(String(repeating: "x", count: 100_000)) == true
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(complete == 100)
        server.stop()
        #expect(calls.withLock { $0 } == 100)
    }
}

@Suite struct HealthReportTests {
    @Test func theWorstCheckDecides() {
        #expect(HealthReport().status == .pass)
        #expect(HealthReport([.init("a", .pass), .init("b", .warn, reason: "slow")]).status == .warn)
        #expect(HealthReport([.init("a", .warn), .init("b", .fail), .init("c", .pass)]).status == .fail)
        #expect(HealthReport([.init("a", .warn)]).response().status == 200)
        #expect(HealthReport([.init("a", .fail)]).response().status == 503)
    }

    @Test func checksOfOneNameAreTogether() {
        let response = HealthReport([.init("task", .fail, reason: "\"3\""), .init("redis", .pass), .init("task", .pass)]).response()
        let checks = #"{"task":[{"status":"fail","output":"\"3\""},{"status":"pass"}],"redis":[{"status":"pass"}]}"#
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"status":"fail","checks":"# + checks + "}"
                + "\n")
        #expect(response.contentType == "application/health+json")
    }
}
