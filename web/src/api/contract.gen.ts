// Generated from api/openapi.yaml by `npm run generate`. Do not edit.

/** Schemas of what people type or choose, without references. */
export const schemas = {
  "KittenId": {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "minLength": 36,
    "maxLength": 36
  },
  "KittenInput": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "name",
      "breed",
      "birthDate"
    ],
    "properties": {
      "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": 80,
        "pattern": "^\\S(.*\\S)?$"
      },
      "breed": {
        "type": "string",
        "minLength": 1,
        "maxLength": 40,
        "pattern": "^[a-z][a-z0-9-]*$"
      },
      "birthDate": {
        "type": "string",
        "format": "date",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
      },
      "description": {
        "type": "string",
        "maxLength": 4000
      }
    }
  },
  "PhotoInput": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "contentType",
      "size",
      "sha256"
    ],
    "properties": {
      "contentType": {
        "type": "string",
        "enum": [
          "image/png",
          "image/jpeg",
          "image/webp"
        ]
      },
      "size": {
        "type": "integer",
        "minimum": 1
      },
      "sha256": {
        "type": "string",
        "pattern": "^[A-Za-z0-9+/]{43}=$",
        "minLength": 44,
        "maxLength": 44
      }
    }
  },
  "PhotoSize": {
    "type": "integer",
    "minimum": 1,
    "maximum": 10485760
  },
  "SearchQuery": {
    "type": "string",
    "minLength": 1,
    "maxLength": 200
  }
} as const;

/** The scopes that an operation needs: all of one of the lists (OpenAPI security requirements). */
export const operations = {
  "kittensGet": [
    [
      "kittens:read"
    ]
  ],
  "kittensPost": [
    [
      "kittens:write"
    ]
  ],
  "kittenGet": [
    [
      "kittens:read"
    ]
  ],
  "kittenPut": [
    [
      "kittens:write"
    ]
  ],
  "kittenDelete": [
    [
      "kittens:write"
    ]
  ],
  "kittenPhotoGet": [
    [
      "kittens:read"
    ]
  ],
  "kittenPhotoPost": [
    [
      "kittens:write"
    ]
  ],
  "breedsGet": [
    [
      "breeds:read"
    ]
  ],
  "adminTasksGet": [
    [
      "admin:tasks"
    ]
  ],
  "adminTasksPost": [
    [
      "admin:tasks"
    ]
  ]
} as const;
