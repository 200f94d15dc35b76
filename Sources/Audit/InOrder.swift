/// Does `work` on all items, at most `width` at once, and takes the results in the order of the items. No more than `width`
/// results exist at any time.
package func inOrder<Item: Sendable, Product: Sendable>(
    _ items: [Item], width: Int, isolation: isolated (any Actor)? = #isolation,
    work: @escaping @Sendable (Item) async throws -> Product, take: (Item, Product) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: (Int, Product).self) { group in
        var begun = 0
        var taken = 0
        var waiting: [Int: Product] = [:]
        while taken < items.count {
            while begun < items.count, begun - taken < width {
                let (index, item) = (begun, items[begun])
                group.addTask { (index, try await work(item)) }
                begun += 1
            }
            if let (index, product) = try await group.next() { waiting[index] = product }
            while let product = waiting.removeValue(forKey: taken) {
                try await take(items[taken], product)
                taken += 1
            }
        }
    }
}
