// Generated from api/openapi.yaml by `npm run generate`. Do not edit.

export interface paths {
    "/kittens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List kittens, or search them
         * @description Without `q`: all kittens of the account in the order of their ids. With `q`: those whose name, breed or description match, best first. When the search engine does not answer, the list is returned unfiltered and `search.available` is false.
         */
        get: operations["kittensGet"];
        put?: never;
        /** Add a kitten */
        post: operations["kittensPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/kittens/{kittenId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        /** Read a kitten */
        get: operations["kittenGet"];
        /**
         * Replace a kitten
         * @description What the body leaves out is removed; the photo stays. `If-Match` states the version that the change is based on.
         */
        put: operations["kittenPut"];
        post?: never;
        /** Remove a kitten and its photo */
        delete: operations["kittenDelete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/kittens/{kittenId}/photo": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        /**
         * Get signed URLs of the photo
         * @description They are of the tenant's own site, which passes them on to storage. A photo that is not stored yet is no photo: 404.
         */
        get: operations["kittenPhotoGet"];
        put?: never;
        /**
         * Ask for a signed upload of a photo
         * @description The answer is a request to send to storage as it is: size, type and checksum are part of its signature, and it overwrites nothing. What arrives is checked and written anew without metadata, which takes some seconds: read the kitten until its photo with this `photoId` is stored or rejected.
         */
        post: operations["kittenPhotoPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/breeds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List breeds */
        get: operations["breedsGet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tasks */
        get: operations["adminTasksGet"];
        put?: never;
        /**
         * Start a task
         * @description `reindex` writes every kitten of the account to its search index again. The answer comes at once; the work goes on after it.
         */
        post: operations["adminTasksPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: uuid
         * @description A UUID in lower case.
         */
        KittenId: string;
        /** @description One line, without space at its ends. */
        KittenName: string;
        /** @description Free text. */
        KittenDescription: string;
        /** @description Id of a breed. */
        BreedId: string;
        /**
         * Format: date
         * @description A day (RFC 3339 full-date).
         */
        BirthDate: string;
        /**
         * Format: date-time
         * @description A moment in UTC (RFC 3339).
         */
        Timestamp: string;
        /** @description 1 at first; each change adds 1. */
        Version: number;
        /**
         * Format: uuid
         * @description Id of an upload and of the photo that it becomes, a UUID in lower case.
         */
        PhotoId: string;
        /**
         * @description Media type of a photo.
         * @enum {string}
         */
        PhotoContentType: "image/png" | "image/jpeg" | "image/webp";
        /** @description Bytes of a photo, 10 MiB at most. */
        PhotoSize: number;
        /** @description SHA-256 of a photo's bytes in base64. */
        PhotoSha256: string;
        /** @description What a caller decides about a kitten. */
        KittenInput: {
            name: components["schemas"]["KittenName"];
            breed: components["schemas"]["BreedId"];
            birthDate: components["schemas"]["BirthDate"];
            description?: components["schemas"]["KittenDescription"];
        };
        /** @description A kitten. `photo` is the one that can be seen, if there is one, and otherwise the one that was announced last. `replacement` is a photo that was announced while another one can be seen: it takes the place of `photo` once it is stored. */
        Kitten: {
            kittenId: components["schemas"]["KittenId"];
            name: components["schemas"]["KittenName"];
            breed: components["schemas"]["BreedId"];
            birthDate: components["schemas"]["BirthDate"];
            description?: components["schemas"]["KittenDescription"];
            photo?: components["schemas"]["Photo"];
            replacement?: components["schemas"]["Photo"];
            version: components["schemas"]["Version"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
        };
        /** @description A kitten of a list, with highlights when it was found by a search. */
        KittenItem: {
            kittenId: components["schemas"]["KittenId"];
            name: components["schemas"]["KittenName"];
            breed: components["schemas"]["BreedId"];
            birthDate: components["schemas"]["BirthDate"];
            description?: components["schemas"]["KittenDescription"];
            photo?: components["schemas"]["Photo"];
            replacement?: components["schemas"]["Photo"];
            /**
             * Format: uri
             * @description A small picture of the stored photo, at the tenant's site; it can be read for some minutes.
             */
            thumbnailUrl?: string;
            version: components["schemas"]["Version"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            highlights?: components["schemas"]["Highlights"];
        };
        /** @description Fragments by field, HTML-escaped, with what matched between <em> and </em>. */
        Highlights: {
            name?: string[];
            breed?: string[];
            description?: string[];
        };
        /** @description A page of kittens. */
        KittenList: {
            items: components["schemas"]["KittenItem"][];
            /** @description Goes into the next request; absent on the last page. */
            cursor?: string;
            search?: components["schemas"]["SearchState"];
        };
        /** @description Present when `q` was. Says whether the list is the result of a search. */
        SearchState: {
            available: boolean;
            /** @description For people, when search is not available. */
            message?: string;
        };
        /** @description A photo. `pending`: announced, and not yet received and checked. `stored`: it can be seen; type, size and digest are those of what is stored, which is written anew without metadata. `rejected`: what was received is no acceptable photo and was deleted. */
        Photo: {
            photoId: components["schemas"]["PhotoId"];
            /** @enum {string} */
            status: "pending" | "stored" | "rejected";
            contentType: components["schemas"]["PhotoContentType"];
            size: components["schemas"]["PhotoSize"];
            sha256: components["schemas"]["PhotoSha256"];
            /** @description Pixels; of a stored photo. */
            width?: number;
            /** @description Pixels; of a stored photo. */
            height?: number;
            /** @description Why it was rejected, for people. */
            reason?: string;
            /**
             * Format: date-time
             * @description Until when a pending photo can be sent (RFC 3339).
             */
            expiresAt?: string;
        };
        /** @description A photo that is going to be sent. */
        PhotoInput: {
            contentType: components["schemas"]["PhotoContentType"];
            /** @description Bytes of the photo. More than PhotoSize allows is answered with 413. */
            size: number;
            sha256: components["schemas"]["PhotoSha256"];
        };
        /** @description A request that storage accepts until it expires. */
        PhotoUpload: {
            photoId: components["schemas"]["PhotoId"];
            /** Format: uri */
            url: string;
            /** @enum {string} */
            method: "PUT";
            /** @description Headers to send, all of them and as they are. */
            headers: {
                [key: string]: string;
            };
            expiresAt: components["schemas"]["Timestamp"];
        };
        /** @description URLs that read a photo until they expire. */
        PhotoDownload: {
            photoId: components["schemas"]["PhotoId"];
            /**
             * Format: uri
             * @description The photo, at the tenant's site.
             */
            url: string;
            /**
             * Format: uri
             * @description A small picture of it.
             */
            thumbnailUrl: string;
            expiresAt: components["schemas"]["Timestamp"];
            contentType: components["schemas"]["PhotoContentType"];
            size: components["schemas"]["PhotoSize"];
            sha256: components["schemas"]["PhotoSha256"];
            width: number;
            height: number;
        };
        /** @description A breed of cats. */
        Breed: {
            breedId: components["schemas"]["BreedId"];
            name: string;
            origin?: string;
            description?: string;
        };
        /** @description All breeds. */
        BreedList: {
            items: components["schemas"]["Breed"][];
        };
        /**
         * @description `reindex` writes all rows of the account to its search index again.
         * @enum {string}
         */
        TaskKind: "reindex";
        /** @description A task to start. */
        TaskInput: {
            kind: components["schemas"]["TaskKind"];
        };
        /** @description Work that goes on after the answer. */
        Task: {
            /** Format: uuid */
            taskId: string;
            kind: components["schemas"]["TaskKind"];
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed";
            progress: components["schemas"]["TaskProgress"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            /** @description Why it failed, for people. */
            error?: string;
        };
        /** @description How far a task is, in rows. */
        TaskProgress: {
            done: number;
            total?: number;
        };
        /** @description Tasks of the account. */
        TaskList: {
            items: components["schemas"]["Task"][];
        };
        /** @description An error as RFC 9457 describes it. Further members may appear. */
        Problem: {
            /** Format: uri-reference */
            type: string;
            title: string;
            status: number;
            detail?: string;
            /** Format: uri-reference */
            instance?: string;
            /** @description What is wrong with a body, by JSON Pointer (RFC 6901). */
            errors?: components["schemas"]["ProblemError"][];
        };
        /** @description One fault of a request body. */
        ProblemError: {
            pointer: string;
            detail: string;
        };
    };
    responses: {
        /** @description The request does not fit this contract. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Bad Request",
                 *       "status": 400,
                 *       "detail": "The body does not fit the contract.",
                 *       "errors": [
                 *         {
                 *           "pointer": "/name",
                 *           "detail": "must have at least 1 character"
                 *         }
                 *       ]
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No valid access token. */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unauthorized",
                 *       "status": 401
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The access token is valid, but not for this account or this operation. */
        Forbidden: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Forbidden",
                 *       "status": 403
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such kitten, or it has no photo. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Not Found",
                 *       "status": 404,
                 *       "detail": "There is no such kitten."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The state of the account does not allow it. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "A task of this kind is running."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The kitten changed since the version in If-Match. */
        PreconditionFailed: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Precondition Failed",
                 *       "status": 412,
                 *       "detail": "The kitten was changed in the meantime."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body, or the photo announced in it, is too large. */
        ContentTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Content Too Large",
                 *       "status": 413
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description If-Match is missing. */
        PreconditionRequired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Precondition Required",
                 *       "status": 428,
                 *       "detail": "State the ETag in If-Match."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The tenant's rate is exceeded. */
        TooManyRequests: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Too Many Requests",
                 *       "status": 429
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request failed for a reason that the caller cannot change. */
        InternalServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Internal Server Error",
                 *       "status": 500,
                 *       "instance": "urn:uuid:7a1c9a54-8f0b-4c7e-9d43-2b0f6f3c1e55"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Something the application depends on does not answer. */
        ServiceUnavailable: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Service Unavailable",
                 *       "status": 503
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description Id of a kitten.
         * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
         */
        KittenId: components["schemas"]["KittenId"];
        /**
         * @description The ETag of the version to change. Without it the answer is 428.
         * @example "3"
         */
        IfMatch: string;
        /**
         * @description ETags of versions that the caller has. If the kitten is of one of them, the answer is 304.
         * @example "3"
         */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description The version of the kitten in double quotes.
         * @example "3"
         */
        ETag: string;
        /**
         * @description Path of what was created.
         * @example /api/kittens/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
         */
        Location: string;
        /**
         * @description Seconds to wait before the next attempt.
         * @example 2
         */
        RetryAfter: number;
        /**
         * @description The challenge of RFC 6750. Where other scopes would help, it names those that the access token needs.
         * @example Bearer error="insufficient_scope", scope="kittens:read account:12345"
         */
        WWWAuthenticate: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    kittensGet: {
        parameters: {
            query?: {
                /**
                 * @description Words to look for in name, breed and description.
                 * @example playful tabby
                 */
                q?: string;
                /**
                 * @description How many items to return at most. Default 25.
                 * @example 25
                 */
                limit?: number;
                /**
                 * @description The `cursor` of the answer before this one. It is opaque and belongs to one query.
                 * @example eyJrIjoiMDE5Mjg3YzMifQ
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of kittens. Without `cursor` it is the last one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KittenList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittensPost: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description The kitten without what the server decides. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Minka",
                 *       "breed": "british-shorthair",
                 *       "birthDate": "2024-01-01",
                 *       "description": "Sleeps on keyboards."
                 *     }
                 */
                "application/json": components["schemas"]["KittenInput"];
            };
        };
        responses: {
            /** @description The kitten as stored, version 1. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kittenId": "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01",
                     *       "name": "Minka",
                     *       "breed": "british-shorthair",
                     *       "birthDate": "2024-01-01",
                     *       "description": "Sleeps on keyboards.",
                     *       "version": 1,
                     *       "createdAt": "2024-02-01T09:30:00Z",
                     *       "updatedAt": "2024-02-01T09:30:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Kitten"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittenGet: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description ETags of versions that the caller has. If the kitten is of one of them, the answer is 304.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kitten, with the ETag that a change of it must state. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kittenId": "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01",
                     *       "name": "Minka",
                     *       "breed": "british-shorthair",
                     *       "birthDate": "2024-01-01",
                     *       "photo": {
                     *         "photoId": "0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33",
                     *         "status": "stored",
                     *         "contentType": "image/jpeg",
                     *         "size": 48213,
                     *         "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                     *         "width": 1600,
                     *         "height": 1200
                     *       },
                     *       "version": 4,
                     *       "createdAt": "2024-02-01T09:30:00Z",
                     *       "updatedAt": "2024-03-06T08:00:10Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Kitten"];
                };
            };
            /** @description The kitten is still of a version in If-None-Match. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittenPut: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of the version to change. Without it the answer is 428.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        /** @description The kitten without what the server decides. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Minka",
                 *       "breed": "british-shorthair",
                 *       "birthDate": "2024-01-01",
                 *       "description": "Sleeps on keyboards and routers."
                 *     }
                 */
                "application/json": components["schemas"]["KittenInput"];
            };
        };
        responses: {
            /** @description The kitten as stored, with its next version. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kittenId": "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01",
                     *       "name": "Minka",
                     *       "breed": "british-shorthair",
                     *       "birthDate": "2024-01-01",
                     *       "description": "Sleeps on keyboards and routers.",
                     *       "version": 5,
                     *       "createdAt": "2024-02-01T09:30:00Z",
                     *       "updatedAt": "2024-03-07T10:00:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Kitten"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            428: components["responses"]["PreconditionRequired"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittenDelete: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of the version to change. Without it the answer is 428.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kitten is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            428: components["responses"]["PreconditionRequired"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittenPhotoGet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description URLs that read the photo until they expire, minutes from now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "photoId": "0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33",
                     *       "url": "https://acme.example.com/uploads/12345/photos/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33?X-Amz-Expires=300&X-Amz-Signature=0f1e",
                     *       "thumbnailUrl": "https://acme.example.com/uploads/12345/photos/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33-thumbnail?X-Amz-Expires=300&X-Amz-Signature=5b7a",
                     *       "expiresAt": "2024-03-06T08:05:10Z",
                     *       "contentType": "image/jpeg",
                     *       "size": 48213,
                     *       "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                     *       "width": 1600,
                     *       "height": 1200
                     *     }
                     */
                    "application/json": components["schemas"]["PhotoDownload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    kittenPhotoPost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a kitten.
                 * @example 3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01
                 */
                kittenId: components["parameters"]["KittenId"];
            };
            cookie?: never;
        };
        /** @description What is going to be sent. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "contentType": "image/webp",
                 *       "size": 48213,
                 *       "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
                 *     }
                 */
                "application/json": components["schemas"]["PhotoInput"];
            };
        };
        responses: {
            /** @description The request to send. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "photoId": "0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33",
                     *       "url": "https://uploads.s3.example.com/uploads/12345/incoming/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33?X-Amz-Expires=300&X-Amz-Signature=9a8b",
                     *       "method": "PUT",
                     *       "headers": {
                     *         "Content-Type": "image/webp",
                     *         "Content-Length": "48213",
                     *         "If-None-Match": "*",
                     *         "x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
                     *       },
                     *       "expiresAt": "2024-03-06T08:05:10Z"
                     *     }
                     */
                    "application/json": components["schemas"]["PhotoUpload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    breedsGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All breeds in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "breedId": "british-shorthair",
                     *           "name": "British Shorthair",
                     *           "origin": "United Kingdom"
                     *         },
                     *         {
                     *           "breedId": "maine-coon",
                     *           "name": "Maine Coon",
                     *           "origin": "United States",
                     *           "description": "Large and sociable."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BreedList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    adminTasksGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account's tasks, the latest first. A finished task disappears after some days. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "taskId": "9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d12",
                     *           "kind": "reindex",
                     *           "status": "running",
                     *           "progress": {
                     *             "done": 1200,
                     *             "total": 4810
                     *           },
                     *           "createdAt": "2024-03-06T08:00:00Z",
                     *           "updatedAt": "2024-03-06T08:00:40Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TaskList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    adminTasksPost: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description What to do. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "reindex"
                 *     }
                 */
                "application/json": components["schemas"]["TaskInput"];
            };
        };
        responses: {
            /** @description The task is queued. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "taskId": "9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d12",
                     *       "kind": "reindex",
                     *       "status": "queued",
                     *       "progress": {
                     *         "done": 0
                     *       },
                     *       "createdAt": "2024-03-06T08:00:00Z",
                     *       "updatedAt": "2024-03-06T08:00:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Task"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
}
