import Glibc

/// What glibc keeps of memory that nobody uses.
enum SpareMemory {
    /// Hands it back to the kernel. Reading and checking tables makes much and drops nearly all of it, in pieces that
    /// lie between what stays; without this they stay resident for as long as the gateway runs.
    static func giveBack() {
        // Looked up by name: the header that declares it is in no module. Absent from other C libraries.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        // The function of that name in glibc takes a size_t and returns an int.
        let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
        _ = trim(0)
    }
}
