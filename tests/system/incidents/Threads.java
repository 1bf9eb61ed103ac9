// SPDX-License-Identifier: GPL-2.0-only
// As many threads as its argument says. With a second one: it does not give up where one
// is refused, and tries again.
public class Threads {
	public static void main(String[] args) throws Exception {
		for (int i = 0; i < Integer.parseInt(args[0]); i++) {
			Thread thread = new Thread(() -> {
				try {
					Thread.sleep(60000);
				} catch (InterruptedException e) {
				}
			});
			thread.setDaemon(true);
			try {
				thread.start();
			} catch (OutOfMemoryError e) {
				if (args.length < 2) {
					System.out.println("after " + i);
					throw e;
				}
				Thread.sleep(200);
				i--;
			}
		}
		System.out.println("made " + args[0]);
	}
}
