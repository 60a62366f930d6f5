import FormatJSON

/// The API as an OpenAPI 3.1 document, written from the table that the router uses.
enum OpenAPIDocument {
    static let json: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "Interlock channel API", "version": "1",
            "description": "How a bank's own channels order payments and see what became of them.",
            "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
        ],
        "servers": [["url": "/"]],
        "security": [["bearer": []], ["header": []]],
        "paths": paths,
        "components": [
            "securitySchemes": [
                "bearer": ["type": "http", "scheme": "bearer"],
                "header": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
            ],
            "schemas": Schemas.all,
            "responses": responses,
        ],
    ]

    private static var paths: JSONValue {
        var paths = JSONObject()
        for operation in Channel.operations {
            var path = paths[operation.path] ?? [:]
            path[operation.method.rawValue.lowercased()] = json(operation)
            paths[operation.path] = path
        }
        return .object(paths)
    }

    private static func json(_ operation: Operation) -> JSONValue {
        var json: JSONValue = ["operationId": .string(operation.id), "summary": .string(operation.says)]
        if !operation.needsKey { json["security"] = [] }
        if !operation.parameters.isEmpty { json["parameters"] = .array(operation.parameters.map(parameter)) }
        if let body = operation.body {
            json["requestBody"] = [
                "required": true,
                "content": [
                    "application/json": ["schema": reference(body.schema), "example": body.example]
                ],
            ]
        }
        var answers = JSONObject()
        for answer in operation.answers { answers[String(answer.status)] = self.answer(answer) }
        for status in Set(operation.allProblems.map(\.status)).sorted() {
            answers[String(status)] = ["$ref": .string("#/components/responses/\(name(of: operation, status))")]
        }
        json["responses"] = .object(answers)
        return json
    }

    private static func parameter(_ parameter: Operation.Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.isRequired), "description": .string(parameter.says),
            "schema": parameter.schema, "example": .string(parameter.example),
        ]
    }

    private static func answer(_ answer: Operation.Answer) -> JSONValue {
        var content: JSONValue = ["application/json": ["schema": reference(answer.schema)]]
        if let type = answer.otherType { content[type] = ["schema": ["type": "string"]] }
        return ["description": .string(answer.says), "content": content]
    }

    // MARK: problems

    /// Responses of one status that stand for the same kinds share a name: `busy`, `invalid-or-idempotency-key-reused`.
    private static func name(of operation: Operation, _ status: Int) -> String {
        operation.allProblems.filter { $0.status == status }.map(\.rawValue).sorted().joined(separator: "-or-")
    }

    private static var responses: JSONValue {
        var responses = JSONObject()
        for operation in Channel.operations {
            for status in Set(operation.allProblems.map(\.status)) {
                let kinds = operation.allProblems.filter { $0.status == status }
                responses[name(of: operation, status)] = response(kinds)
            }
        }
        return .object(responses)
    }

    private static func response(_ kinds: [Problem.Kind]) -> JSONValue {
        let types = kinds.map { "urn:interlock:problem:\($0.rawValue)" }.sorted()
        var response: JSONValue = [
            "description": .string(kinds.map { "\($0.title) (\($0.rawValue))." }.sorted().joined(separator: " ")),
            "content": [
                "application/problem+json": [
                    "schema": [
                        "allOf": [
                            reference("Problem"),
                            ["properties": ["type": ["enum": .array(types.map { .string($0) })]]],
                        ]
                    ]
                ]
            ],
        ]
        if kinds.contains(where: \.isPassing) {
            response["headers"] = [
                "Retry-After": ["description": "Seconds to wait.", "schema": ["type": "integer"]]
            ]
        }
        return response
    }

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }
}
