import Foundation
import RedisAdapter
import StockWire

/// Sends events about one SKU at one location, each with an id of its own, and looks at what Redis says of it.
final class Shop {
    static let sku = "LIP-1"

    /// The name of a SKU that lives in a partition.
    static func sku(in partition: Int32, of partitions: Int32) -> String {
        (0...).lazy.map { "SKU-\($0)" }.first { name in
            Array(name.utf8).withUnsafeBytes { Murmur2.partition($0, of: partitions) == partition }
        }!
    }

    let installation: Installation
    let sku: String
    private var sent = 0

    init(_ installation: Installation, sku: String = Shop.sku) {
        self.installation = installation
        self.sku = sku
    }

    private func send(_ type: String, _ fields: String, at location: String = "BER1", headers: [(String, String)]) throws {
        sent += 1
        let text = #"{"id":"\#(sku)-\#(sent)","source":"shop","type":"\#(type)","sku":"\#(sku)","location":"\#(location)",\#(fields)}"#
        try installation.send(text, sku: sku, headers: headers)
    }

    /// Goods arrive, with a delivery note of their own.
    func receive(_ quantity: Int, at location: String = "BER1", headers: [(String, String)] = []) throws {
        try send("receive", #""quantity":\#(quantity),"receipt":"asn-\#(sent)""#, at: location, headers: headers)
    }

    /// A hold that ends by itself.
    func hold(_ id: String, _ quantity: Int, seconds: Int) throws {
        try send("hold", #""hold":"\#(id)","quantity":\#(quantity),"ttlSeconds":\#(seconds)"#, headers: [])
    }

    /// Waits until Redis shows a value in a field of the SKU.
    func wait(_ field: String, _ value: String) throws {
        let view = try installation.view
        var last: String?
        do {
            _ = try within(seconds: 60, "\(field) \(value)") {
                last = try view.sku(sku)[field]
                return last == value ? true : nil
            }
        } catch {
            throw TimedOut(description: "\(error): it is \(last ?? "missing")")
        }
    }
}
