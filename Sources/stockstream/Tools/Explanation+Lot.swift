import StockCore
import StockWire

extension Explanation.Lot {
    init(_ record: LotRecord, in state: borrowing PartitionState) {
        let terms = state.lotTerms(record.terms)
        lot = terms.lot.description
        (isBlocked, isRecalled) = (terms.isBlocked, terms.isRecalled)
        expiresAtMilliseconds = record.expiresAtMilliseconds == LotTermsRecord.never ? nil : record.expiresAtMilliseconds
        quantities = [:]
        for disposition in Disposition.allCases where record.quantities[disposition] != 0 {
            quantities["\(disposition.wireName)"] = record.quantities[disposition]
        }
    }
}
