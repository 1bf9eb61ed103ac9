// SPDX-License-Identifier: GPL-2.0-only
// As many threads as its argument says.
public class Threads {
	public static void main(String[] args) throws Exception {
		for (int i = Integer.parseInt(args[0]); i > 0; i--) {
			Thread thread = new Thread(() -> {
				try {
					Thread.sleep(60000);
				} catch (InterruptedException e) {
				}
			});
			thread.setDaemon(true);
			thread.start();
		}
		System.out.println("made " + args[0]);
	}
}
