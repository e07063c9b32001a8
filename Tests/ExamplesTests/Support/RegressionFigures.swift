import Foundation

/// What document 004 prints, chapter by chapter, in this project's form: shapes without `torch.Size`, types without `torch.`.
enum RegressionFigures {
    /// The data, which are no part of the package.
    static let data = URL(filePath: #filePath).appending(path: "../../../../../shared/data/regression.csv")
        .standardized.path

    static let printed: [(heading: String, text: String)] = [
        (
            "numpy, torch",
            """
            [1, 2, 3] tensor([1, 2, 3])
            tensor([3.1235])
            tensor([3.1235], dtype=torch.float64)
            tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
            tensor([0.0000, 0.1111, 0.2222, 0.3333, 0.4444, 0.5556, 0.6667, 0.7778, 0.8889,
                    1.0000])
            """
        ),
        (
            "length n vector, n x 1 col-vector, 1 x n row-vector",
            """
            [3]
            [3, 1]
            [3, 1]
            [1, 3]
            [1, 3]
            """
        ),
        (
            "dtype",
            """
            tensor([1.2300, 2.3400])
            float32
            tensor([1, 2])
            int64
            tensor([1., 2.])
            float32
            tensor([1., 2.])
            """
        ),
        (
            "mixed dtypes",
            """
            tensor([0., 0.])
            tensor([[1],
                    [2]])
            tensor([[1.],
                    [2.]])
            """
        ),
        (
            "shape of vector",
            """
            [2, 2] [1, 2] [2, 1] [2]
            tensor([[ -2., -15.]])
            tensor([[ -2.],
                    [-15.]])
            [2]
            [2]
            """
        ),
        (
            "broadcasting",
            """
            tensor([0, 1, 2])
            tensor([[0],
                    [1],
                    [2]])
            tensor([[ 0,  1,  2],
                    [-1,  0,  1],
                    [-2, -1,  0]])
            """
        ),
        (
            "Review: step 1 to 4",
            """
            x y
            0 -2.482113 -8.542024
            1 -2.362146 -6.576713
            2 -1.997295 -5.949576
            3 -1.623936 -4.479364
            4 -1.479192 -4.251570
            95 2.244400 10.325987
            96 2.393501 12.266493
            97 2.605604 13.098280
            98 2.605658 12.546793
            99 2.663240 13.834002
            100 rows × 2 columns
            tensor([-2.4821, -2.3621, -1.9973, -1.6239, -1.4792, -1.4635, -1.4509, -1.4435,
                    -1.3722, -1.3079, -1.1904, -1.1092, -1.1054, -1.0875, -0.9469, -0.9319,
                    -0.8643, -0.7858, -0.7549, -0.7421, -0.6948, -0.6103, -0.5830, -0.5621,
                    -0.5506, -0.5058, -0.4806, -0.4738, -0.4710, -0.4676, -0.3874, -0.3719,
                    -0.3688, -0.3159, -0.2775, -0.2772, -0.2734, -0.2721, -0.2668, -0.2155,
                    -0.2000, -0.1816, -0.1708, -0.1565, -0.1448, -0.1361, -0.1057, -0.0603,
                    -0.0559, -0.0214,  0.0655,  0.0684,  0.1195,  0.1420,  0.1521,  0.1568,
                     0.2646,  0.2656,  0.3157,  0.3220,  0.3461,  0.3984,  0.4190,  0.5443,
                     0.5579,  0.5913,  0.6148,  0.6469,  0.6469,  0.6523,  0.6674,  0.7059,
                     0.7141,  0.7822,  0.8154,  0.8668,  0.9291,  0.9804,  0.9853,  0.9941,
                     1.0376,  1.0393,  1.0697,  1.1024,  1.1126,  1.1532,  1.2289,  1.3403,
                     1.3494,  1.4279,  1.4994,  1.5031,  1.5437,  1.6789,  2.0832,  2.2444,
                     2.3935,  2.6056,  2.6057,  2.6632], dtype=torch.float64)
            tensor([[-5.],
                    [10.]], requires_grad=True)
            """
        ),
        (
            "ver1: loss = sum of squares error",
            """
            tensor([[2.4290],
                    [4.0144]], requires_grad=True)
            tensor([[2.4290],
                    [4.0144]], requires_grad=True)
            tensor([[2.4290],
                    [4.0144]])
            """
        ),
        (
            "ver2: loss = mean squared error = MSE",
            """
            tensor([[2.4290],
                    [4.0144]], requires_grad=True)
            [100, 1] [100, 1]
            """
        ),
        (
            "ver1: net = Linear(1, 1)",
            """
            [100, 1]
            Parameter containing:
            tensor([-0.8470], requires_grad=True)
            Parameter containing:
            tensor([[-0.3467]], requires_grad=True)
            """
        ),
        (
            "ver2: net = Linear(2, 1, bias: false)",
            """
            [100, 1]
            Parameter containing:
            tensor([[-0.2451, -0.5989]], requires_grad=True)
            None
            """
        ),
        (
            "wrong use 1: a vector for a column",
            """
            tensor([-2.4821, -2.3621, -1.9973, -1.6239, -1.4792, -1.4635, -1.4509, -1.4435,
                    -1.3722, -1.3079, -1.1904, -1.1092, -1.1054, -1.0875, -0.9469, -0.9319,
                    -0.8643, -0.7858, -0.7549, -0.7421, -0.6948, -0.6103, -0.5830, -0.5621,
                    -0.5506, -0.5058, -0.4806, -0.4738, -0.4710, -0.4676, -0.3874, -0.3719,
                    -0.3688, -0.3159, -0.2775, -0.2772, -0.2734, -0.2721, -0.2668, -0.2155,
                    -0.2000, -0.1816, -0.1708, -0.1565, -0.1448, -0.1361, -0.1057, -0.0603,
                    -0.0559, -0.0214,  0.0655,  0.0684,  0.1195,  0.1420,  0.1521,  0.1568,
                     0.2646,  0.2656,  0.3157,  0.3220,  0.3461,  0.3984,  0.4190,  0.5443,
                     0.5579,  0.5913,  0.6148,  0.6469,  0.6469,  0.6523,  0.6674,  0.7059,
                     0.7141,  0.7822,  0.8154,  0.8668,  0.9291,  0.9804,  0.9853,  0.9941,
                     1.0376,  1.0393,  1.0697,  1.1024,  1.1126,  1.1532,  1.2289,  1.3403,
                     1.3494,  1.4279,  1.4994,  1.5031,  1.5437,  1.6789,  2.0832,  2.2444,
                     2.3935,  2.6056,  2.6057,  2.6632])
            [100, 1]
            """
        ),
        (
            "wrong use 2: two biases",
            """
            Parameter containing:
            tensor([[-0.2451, -0.5989]], requires_grad=True)
            Parameter containing:
            tensor([0.2549], requires_grad=True)
            """
        ),
        (
            "ver1: Linear(1, 1), to the end",
            """
            Parameter containing:
            tensor([[10.]], requires_grad=True)
            Parameter containing:
            tensor([-5.], requires_grad=True)
            None
            None
            tensor([-13.4225])
            tensor([[11.8893]])
            Parameter containing:
            tensor([-5.], requires_grad=True)
            Parameter containing:
            tensor([[10.]], requires_grad=True)
            Parameter containing:
            tensor([-3.6577], requires_grad=True)
            Parameter containing:
            tensor([[8.8111]], requires_grad=True)
            None
            None
            Parameter containing:
            tensor([2.4290], requires_grad=True)
            Parameter containing:
            tensor([[4.0144]], requires_grad=True)
            """
        ),
        (
            "ver2: Linear(2, 1, bias: false), to the end",
            """
            Parameter containing:
            tensor([[-5., 10.]], requires_grad=True)
            None
            tensor([[-13.4225,  11.8893]])
            Parameter containing:
            tensor([[-3.6577,  8.8111]], requires_grad=True)
            None
            Parameter containing:
            tensor([[2.4290, 4.0144]], requires_grad=True)
            """
        ),
        (
            "ver1: Linear(1, 1) and SGD",
            """
            tensor([[10.]])
            tensor([-5.])
            tensor([[11.8893]])
            tensor([-13.4225])
            tensor([[8.8111]])
            tensor([-3.6577])
            None
            None
            Parameter containing:
            tensor([2.4290], requires_grad=True)
            Parameter containing:
            tensor([[4.0144]], requires_grad=True)
            """
        ),
        (
            "ver2: Linear(2, 1, bias: false) and SGD",
            """
            Parameter containing:
            tensor([[2.4290, 4.0144]], requires_grad=True)
            """
        ),
        (
            "SGD with momentum, dampening, weight decay, Nesterov",
            """
            step 1: tensor([0.7990]) tensor([0.7990])
            step 2: tensor([0.5378]) tensor([0.5378])
            step 3: tensor([0.2487]) tensor([0.2487])
            step 1: tensor([0.6181]) tensor([0.6181])
            step 2: tensor([0.2192]) tensor([0.2192])
            step 3: tensor([-0.1117]) tensor([-0.1117])
            """
        ),
        (
            "Appendix: net.parameters",
            """
            Parameter containing:
            tensor([[-0.4277]], requires_grad=True)
            Parameter containing:
            tensor([-0.0629], requires_grad=True)
            Parameter containing:
            tensor([[-0.4277]], requires_grad=True)
            Parameter containing:
            tensor([-0.0629], requires_grad=True)
            None
            """
        ),
        (
            "Application 1: a matrix of weights",
            """
            tensor([[2.4290],
                    [4.0144]], requires_grad=True)
            """
        ),
        (
            "Application 2: two numbers",
            """
            tensor(2.4290, requires_grad=True) tensor(4.0144, requires_grad=True)
            """
        ),
    ]

    static let toyExample = """
        tensor([0., 1., 0., 1., 0., 0., 1., 0., 0., 0., 0., 1., 0., 1., 1., 0., 1., 1.,
                0., 0., 0., 0., 0., 1., 0., 1., 0., 1., 1., 0., 1., 0., 1., 0., 0., 1.,
                1., 1., 0., 1., 0., 1., 0., 0., 1., 1., 0., 1., 0., 0., 0., 1., 1., 0.,
                1., 0., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 1., 1., 0., 0., 0.,
                0., 1., 1., 1., 0., 1., 1., 0., 1., 0., 1., 1., 0., 0., 0., 1., 0., 1.,
                1., 1., 0., 1., 1., 0., 1., 0., 0., 1.])
        tensor([[0.0025],
                [0.0025],
                [0.0025],
                ...,
                [0.9818],
                [0.9819],
                [0.9820]])
        tensor([[-6.0000],
                [-5.9950],
                [-5.9900],
                ...,
                [ 3.9900],
                [ 3.9950],
                [ 4.0000]])
        """
}
