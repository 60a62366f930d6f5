// swift-tools-version: 6.2
import PackageDescription

// Our own targets build in Swift 6 mode with every warning an error; dependencies keep their own settings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A room of the house: see docs/architecture.md. Arrows point down only; TidyTests holds the code to this list.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

let package = Package(
    name: "interlock",
    products: [
        .executable(name: "interlock", targets: ["interlock"]),
        .executable(name: "lab", targets: ["lab"]),
        .executable(name: "measure", targets: ["measure"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // C
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),

        // meaning
        room("Payments"),

        // formats
        room("FormatJSON"),
        room("FormatXML", ["CLibXML2"]),

        // tables
        room("Mapping", ["Payments", "FormatJSON", "FormatXML"]),

        // translators
        room("SchemeFSPIOP", ["Payments", "Mapping", "FormatJSON", crypto]),
        room("SchemeISO20022", ["Payments", "Mapping", "FormatXML"]),
        room("AMSFineract", ["Payments", "Mapping", "FormatJSON"]),
        room("ScreenHTTP", ["Payments", "FormatJSON"]),

        // time
        room("PaymentsEngine", ["Payments", "FormatJSON"]),

        // outer world
        room("StoreSQLite", ["Payments", grdb]),
        room(
            "EdgeHTTP",
            [
                "Payments", hummingbirdCore, hummingbirdTLS, httpClient, nioCore, nioPosix, nioHTTP1, nioSSL, httpTypes,
                logging, lifecycle, crypto, x509, asn1,
            ]),
        room("ChannelAPI", ["Payments", "PaymentsEngine", "Mapping", "FormatJSON", crypto]),

        // wiring
        room(
            "Gateway",
            [
                "Payments", "PaymentsEngine", "Mapping", "FormatJSON", "FormatXML", "SchemeFSPIOP", "SchemeISO20022",
                "AMSFineract", "ScreenHTTP", "StoreSQLite", "EdgeHTTP", "ChannelAPI", yams, arguments, logging,
                lifecycle, signals,
                crypto,
            ]),
        command("interlock", ["Gateway"]),
        room(
            "LabWorld",
            [
                "FormatJSON", "FormatXML", hummingbird, hummingbirdTLS, httpClient, nioCore, nioPosix, nioSSL,
                httpTypes,
                logging, lifecycle, crypto, x509, asn1, arguments,
            ]),
        command("lab", ["LabWorld"]),
        room(
            "Measure",
            [
                "Payments", "Mapping", "FormatJSON", "FormatXML", "CLibXML2", "StoreSQLite", "EdgeHTTP", "LabWorld",
                grdb,
                arguments, crypto,
            ]),
        command("measure", ["Measure"]),

        // tests
        tests("PaymentsTests", ["Payments"]),
        tests("FormatJSONTests", ["FormatJSON"]),
        tests("FormatXMLTests", ["FormatXML", "CLibXML2"]),
        tests("MappingTests", ["Mapping", "Payments", "FormatJSON", "FormatXML"]),
        tests("SchemeFSPIOPTests", ["SchemeFSPIOP", "Mapping", "Payments", "FormatJSON", crypto]),
        tests("SchemeISO20022Tests", ["SchemeISO20022", "Mapping", "Payments", "FormatXML"]),
        tests("AMSFineractTests", ["AMSFineract", "Mapping", "Payments", "FormatJSON"]),
        tests("ScreenHTTPTests", ["ScreenHTTP", "Payments", "FormatJSON"]),
        tests("PaymentsEngineTests", ["PaymentsEngine", "Payments", "FormatJSON"]),
        tests("StoreSQLiteTests", ["StoreSQLite", "Payments", grdb]),
        tests(
            "EdgeHTTPTests",
            ["EdgeHTTP", "Payments", httpClient, nioCore, nioPosix, nioSSL, x509, asn1, crypto, logging]),
        tests("ChannelAPITests", ["ChannelAPI", "Payments", "PaymentsEngine", "FormatJSON", "StoreSQLite", crypto]),
        tests("GatewayTests", ["Gateway", "Payments", "FormatJSON"]),
        tests("LabWorldTests", ["LabWorld", "FormatJSON", "FormatXML"]),
        tests("TidyTests", []),
    ]
)
