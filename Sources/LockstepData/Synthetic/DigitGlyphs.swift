/// The strokes that the ten digits are drawn with.
enum DigitGlyphs {
    /// A point on a grid 10 wide and 14 high, y downwards.
    struct Point {
        var x: Double, y: Double

        init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// A curve that is pulled towards its points: a quadratic B-spline that begins at the first and ends at the last.
    /// Two points give a straight line.
    typealias Stroke = [Point]

    /// The ways in which each digit is written.
    static let styles: [[[Stroke]]] = [
        [zero, [zero[0], [.init(8.2, 2.2), .init(1.8, 11.8)]]],
        [[[.init(5, 0), .init(5, 14)]], one, one + [[.init(1.5, 14), .init(8.5, 14)]]],
        [two],
        [three, [[.init(1, 0), .init(9, 0)], [.init(9, 0), .init(4, 6)]] + [three[1]]],
        [
            [[.init(7, 0), .init(0.5, 9.5)], [.init(0.5, 9.5), .init(9.5, 9.5)], [.init(7, 0), .init(7, 14)]],
            [[.init(1.5, 0), .init(1, 8.5)], [.init(1, 8.5), .init(9, 8.5)], [.init(7.8, 0.5), .init(7, 14)]],
        ],
        [
            [
                [.init(8.5, 0), .init(1.5, 0)], [.init(1.5, 0), .init(1, 6)],
                [.init(1, 6), .init(4, 4.6), .init(9.6, 5), .init(9.8, 14), .init(4, 15), .init(0.5, 12)],
            ]
        ],
        [six],
        [seven, seven + [[.init(2.8, 7), .init(8, 7)]]],
        [
            [
                [
                    .init(5, 6.8), .init(1, 6), .init(1, 0), .init(5, 0), .init(9, 0), .init(9, 6), .init(5, 6.8),
                    .init(0.2, 7.8), .init(0.2, 14), .init(5, 14), .init(9.8, 14), .init(9.8, 7.8), .init(5, 6.8),
                ]
            ]
        ],
        [
            six.map { stroke in stroke.map { .init(10 - $0.x, 14 - $0.y) } },
            [
                [
                    .init(8.8, 4), .init(8.5, 8), .init(4.5, 8.2), .init(0.6, 8), .init(0.6, 0), .init(5, -0.2),
                    .init(8.6, 0), .init(8.8, 4),
                ], [.init(8.8, 3), .init(8, 14)],
            ],
        ],
    ]

    private static let zero: [Stroke] = [
        [
            .init(5, 0), .init(1, 0), .init(0.3, 7), .init(1, 14), .init(5, 14), .init(9, 14), .init(9.7, 7),
            .init(9, 0), .init(5, 0),
        ]
    ]
    private static let one: [Stroke] = [[.init(5.5, 0), .init(5.5, 14)], [.init(2, 4), .init(5.5, 0)]]
    private static let two: [Stroke] = [
        [.init(0.8, 3.5), .init(1.2, -0.3), .init(5, -0.4), .init(9.6, 0), .init(9.4, 5), .init(7, 9), .init(0.6, 14)],
        [.init(0.6, 14), .init(9.5, 14)],
    ]
    private static let three: [Stroke] = [
        [.init(1, 1.8), .init(3, -0.5), .init(9, -0.6), .init(9.2, 6), .init(6, 6.8), .init(4, 6.8)],
        [.init(4, 6.6), .init(7, 6.4), .init(10, 8), .init(9.6, 14), .init(4, 14.8), .init(0.6, 12)],
    ]
    private static let six: [Stroke] = [
        [
            .init(8, 0.3), .init(3, 1), .init(0.4, 7), .init(0.4, 14), .init(5, 14.2), .init(9.6, 14), .init(9.6, 6.6),
            .init(5, 6.3), .init(1.4, 6.5), .init(0.8, 10),
        ]
    ]
    private static let seven: [Stroke] = [
        [.init(0.8, 0), .init(9.2, 0)], [.init(9.2, 0), .init(5.6, 6.5), .init(4, 14)],
    ]
}
